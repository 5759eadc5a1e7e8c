// One unit of change on its way through the writer; Store::Write and WriteAsync make them.
#pragma once

#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "daemon/store/connection.h"
#include "shared/base/result.h"

namespace egd::store {

enum class JobSize {
  kSmall,
  kLarge,  // takes several milliseconds
};

class WriteJob {
 public:
  // `origin`: the function that asks for it, after which it is named.
  explicit WriteJob(std::source_location origin) : origin_(origin) {}
  virtual ~WriteJob() = default;
  std::string Name() const;  // e.g. "service::Lists::Delete"
  // On the writer thread, in a savepoint of its own: after an error or an exception nothing of it
  // remains.
  virtual Result<void> Run(Transaction& transaction) = 0;
  // Exactly once: when Run succeeded and the commit is on the disk, or with the reason why there is
  // no change.
  virtual void Complete(Result<void> outcome) = 0;

 private:
  const std::source_location origin_;
};

// Jobs may return T or Result<T>; the caller always gets Result<T>.
template <typename T>
struct AsResult {
  using type = Result<T>;
};
template <typename T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};
template <typename Job, typename Argument>
using ResultOf = typename AsResult<std::invoke_result_t<Job&, Argument&>>::type;

// Runs `job`, keeping its value in `result`; returns its error.
template <typename Job, typename Argument>
Result<void> RunInto(std::optional<ResultOf<Job, Argument>>& result, Job& job, Argument& argument) {
  if constexpr (std::is_void_v<std::invoke_result_t<Job&, Argument&>>) {
    job(argument);
    result.emplace();
  } else {
    result.emplace(job(argument));
  }
  if (!*result) return result->error();
  return {};
}

template <typename Job, typename Done>
class AsyncWriteJob : public WriteJob {
 public:
  AsyncWriteJob(Job job, Done done, std::source_location origin)
      : WriteJob(origin), job_(std::move(job)), done_(std::move(done)) {}
  Result<void> Run(Transaction& transaction) override {
    return RunInto(result_, job_, transaction);
  }
  void Complete(Result<void> outcome) override {
    if (outcome) {
      done_(std::move(*result_));
    } else {
      done_(outcome.error());
    }
  }

 private:
  Job job_;
  Done done_;
  std::optional<ResultOf<Job, Transaction>> result_;
};

}  // namespace egd::store
