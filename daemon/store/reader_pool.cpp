#include "daemon/store/reader_pool.h"

#include "daemon/store/driver.h"
#include "daemon/store/failure.h"
#include "daemon/store/query.h"
#include "daemon/store/search_index.h"

namespace egd::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The job's statements see one state of the database: that of the first.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection) : connection_(connection) {
    Query(connection_, "BEGIN").Run();
  }
  ~ReadTransaction() {
    try {
      Query(connection_, "ROLLBACK").Run();  // nothing was written: cheaper to say, same effect
    } catch (...) {
      // After an I/O error SQLite may have ended the transaction itself.
    }
  }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& connection_;
};

// Ends the statements of a connection when the time is up. None: they take as long as they take.
class Deadline {
 public:
  Deadline(Connection& connection, milliseconds longest)
      : database_(connection.impl().database.getHandle()), end_(steady_clock::now() + longest) {
    constexpr int kInstructions = 10'000;  // between two looks: some 100 µs
    if (longest > milliseconds(0)) {
      sqlite3_progress_handler(database_, kInstructions, HasPassed, this);
    }
  }
  ~Deadline() { sqlite3_progress_handler(database_, 0, nullptr, nullptr); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const { return passed_; }

 private:
  static int HasPassed(void* self) {
    auto* const deadline = static_cast<Deadline*>(self);
    deadline->passed_ = steady_clock::now() >= deadline->end_;
    return deadline->passed_ ? 1 : 0;
  }

  sqlite3* const database_;
  const steady_clock::time_point end_;
  bool passed_ = false;
};

Error TookTooLong(milliseconds longest) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(longest);
  return Unavailable("This took longer than " + std::to_string(seconds.count()) +
                     " seconds and was stopped. Ask for fewer days, or for something narrower.");
}

Result<void> RunInSnapshot(Connection& connection,
                           const std::function<Result<void>(Connection&)>& job) {
  try {
    const ReadTransaction transaction(connection);
    return job(connection);
  } catch (...) {
    return CurrentFailure();
  }
}

}  // namespace

ReaderPool::ReaderPool(std::string path, std::string index_path, const Options& options)
    : path_(std::move(path)),
      index_path_(std::move(index_path)),
      options_(options),
      unopened_(options.readers) {}

Result<void> ReaderPool::Run(const std::function<Result<void>(Connection&)>& job) {
  std::unique_ptr<Connection> connection;
  try {
    connection = Take();
  } catch (...) {
    return CurrentFailure();
  }
  if (!connection) return Unavailable("The gateway is busy; try again shortly.");
  Result<void> outcome;
  {
    const Deadline deadline(*connection, options_.longest);
    outcome = RunInSnapshot(*connection, job);
    if (!outcome && deadline.passed()) outcome = TookTooLong(options_.longest);
  }
  GiveBack(std::move(connection));
  return outcome;
}

std::unique_ptr<Connection> ReaderPool::Take() {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, options_.wait, [this] { return !idle_.empty() || unopened_ > 0; })) {
    return nullptr;
  }
  if (idle_.empty()) {
    auto opened = std::make_unique<Connection>(path_, true);  // may throw: then nothing changed
    AttachIndex(*opened, index_path_);
    opened->SetAddressHash(options_.address_hash);
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

bool ReadTurns::Begin(int64_t user_id) {
  std::unique_lock lock(mutex_);
  Reads& reads = reads_[user_id];
  const auto has_turn = [&] { return reads.running < limits_.running_each; };
  const bool is_first = reads.running + reads.waiting == 0;  // nobody else's keep it out
  const bool may_wait =
      is_first || (all_ < limits_.all && (has_turn() || reads.waiting < limits_.waiting_each));
  if (!may_wait) {
    Forget(user_id);
    return false;
  }
  ++all_;
  ++reads.waiting;
  const bool admitted = ended_.wait_for(lock, limits_.wait, has_turn);
  --reads.waiting;
  if (admitted) {
    ++reads.running;
  } else {
    --all_;
    Forget(user_id);
  }
  return admitted;
}

void ReadTurns::End(int64_t user_id) {
  {
    const std::lock_guard lock(mutex_);
    --all_;
    --reads_[user_id].running;
    Forget(user_id);
  }
  ended_.notify_all();
}

void ReadTurns::Forget(int64_t user_id) {
  const auto found = reads_.find(user_id);
  if (found->second.running + found->second.waiting == 0) reads_.erase(found);
}

}  // namespace egd::store
