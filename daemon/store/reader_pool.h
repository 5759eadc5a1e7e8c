// Read-only connections, opened when first needed, each lent to one job at a time.
#pragma once

#include <condition_variable>
#include <functional>
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
  // `index_path`: the search index (search_index.h), there when the first job runs.
  ReaderPool(std::string path, std::string index_path, const StoreOptions& options);

  // Runs `job` in a snapshot. kUnavailable when no connection is free within options.read_wait.
  Result<void> Run(const std::function<Result<void>(Connection&)>& job);

 private:
  std::unique_ptr<Connection> Take();  // null: none became free in time
  void GiveBack(std::unique_ptr<Connection> connection);

  const std::string path_;
  const std::string index_path_;
  const std::chrono::milliseconds wait_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;  // with unopened_ under mutex_
  size_t unopened_;
};

}  // namespace egd::store
