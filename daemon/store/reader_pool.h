// Read-only connections, opened when first needed, each lent to one job at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "daemon/store/store.h"
#include "shared/base/result.h"

namespace egd::store {

// Thread-safe. Owned by Store; must outlive its users.
class ReaderPool {
 public:
  struct Options {
    size_t readers = 1;
    std::chrono::milliseconds wait{2000};  // for a free connection
    std::chrono::milliseconds longest{};   // a job, in the database; 0: as long as it takes
    AddressHash address_hash = {};
  };

  // `index_path`: the search index (search_index.h), there when the first job runs.
  ReaderPool(std::string path, std::string index_path, const Options& options);

  // Runs `job` in a snapshot. kUnavailable when no connection is free within options.wait, or when
  // the job takes longer than options.longest.
  Result<void> Run(const std::function<Result<void>(Connection&)>& job);

 private:
  std::unique_ptr<Connection> Take();  // null: none became free in time
  void GiveBack(std::unique_ptr<Connection> connection);

  const std::string path_;
  const std::string index_path_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;  // with unopened_ under mutex_
  size_t unopened_;
};

// Bounds what one user may run at a time, and the threads that wait for it: those are the
// handlers', which others need. Thread-safe.
class ReadTurns {
 public:
  struct Limits {
    size_t running_each = 1;
    size_t waiting_each = 0;
    size_t all = 1;  // that run or wait, beyond a first one of each user
    std::chrono::milliseconds wait{2000};
  };
  explicit ReadTurns(const Limits& limits) : limits_(limits) {}

  // False: too many wait, or the user's others did not end in time. Otherwise End is to be called.
  bool Begin(int64_t user_id);
  void End(int64_t user_id);

 private:
  struct Reads {
    size_t running = 0, waiting = 0;
  };
  void Forget(int64_t user_id);  // if nothing is left of theirs

  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<int64_t, Reads> reads_;  // under mutex_
  size_t all_ = 0;                  // under mutex_
};

}  // namespace egd::store
