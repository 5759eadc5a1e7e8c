#include "daemon/store/reader_pool.h"

#include "daemon/store/failure.h"
#include "daemon/store/query.h"
#include "daemon/store/search_index.h"

namespace egd::store {
namespace {

// The job's statements see one state of the database: that of the first.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection) {
    Query(connection_, "BEGIN").Run();
  }
  ~Snapshot() {
    try {
      Query(connection_, "ROLLBACK").Run();  // nothing was written: cheaper to say, same effect
    } catch (...) {
      // After an I/O error SQLite may have ended the transaction itself.
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
};

Result<void> RunInSnapshot(Connection& connection,
                           const std::function<Result<void>(Connection&)>& job) {
  try {
    const Snapshot snapshot(connection);
    return job(connection);
  } catch (...) {
    return CurrentFailure();
  }
}

}  // namespace

ReaderPool::ReaderPool(std::string path, std::string index_path, const StoreOptions& options)
    : path_(std::move(path)),
      index_path_(std::move(index_path)),
      wait_(options.read_wait),
      unopened_(options.readers) {}

Result<void> ReaderPool::Run(const std::function<Result<void>(Connection&)>& job) {
  std::unique_ptr<Connection> connection;
  try {
    connection = Take();
  } catch (...) {
    return CurrentFailure();
  }
  if (!connection) return Unavailable("The gateway is busy; try again shortly.", "no reader free");
  Result<void> outcome = RunInSnapshot(*connection, job);
  GiveBack(std::move(connection));
  return outcome;
}

std::unique_ptr<Connection> ReaderPool::Take() {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, wait_, [this] { return !idle_.empty() || unopened_ > 0; })) {
    return nullptr;
  }
  if (idle_.empty()) {
    auto opened = std::make_unique<Connection>(path_, true);  // may throw: then nothing changed
    AttachIndex(*opened, index_path_);
    --unopened_;
    return opened;
  }
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

}  // namespace egd::store
