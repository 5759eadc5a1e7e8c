// The one thread that changes the database, `egd-write`: group commit. Its policy and failures are
// described in store.h. No worker pool's thread: it takes all that waits at once, for one commit.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/store/connection.h"
#include "daemon/store/store.h"
#include "daemon/store/write_job.h"

namespace egd::store {

// Thread-safe. Owned by Store; starts with its construction, and its destructor runs what waits.
class Writer {
 public:
  // `on_events` runs after each commit with events, on the writer's thread.
  Writer(std::unique_ptr<Transaction> transaction, const StoreOptions& options,
         std::function<void()> on_events);
  ~Writer();

  void Submit(std::unique_ptr<WriteJob> job, JobSize size);
  bool OnThread() const { return std::this_thread::get_id() == thread_.get_id(); }
  StoreStats GetStats() const;
  bool failing() const { return failing_; }  // the disk took not all of the last group
  void Watch(CommitWatchers watchers);

 private:
  using Group = std::vector<std::unique_ptr<WriteJob>>;

  void Loop();
  Group NextGroup();  // waits for jobs; empty: stopped and drained
  // With mutex_ held:
  size_t Waiting() const { return queue_.size() + large_.size(); }
  void RunGroup(const Group& group);
  Result<void> RunJob(WriteJob& job);
  Result<void> RunInSavepoint(WriteJob& job);
  Result<void> Begin();
  Result<void> Commit(const CommitNotes& notes);
  void TellWatchers(const CommitNotes& notes);
  void TellGroup(size_t jobs, bool succeeded, std::chrono::steady_clock::time_point begun);
  void Complete(const Group& group, std::vector<Result<void>> outcomes);

  const std::unique_ptr<Transaction> transaction_;
  const std::function<void()> on_events_;
  const size_t queue_bound_;
  const size_t group_bound_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<WriteJob>> queue_;  // with all to stats_ under mutex_
  std::deque<std::unique_ptr<WriteJob>> large_;  // a group each
  bool is_turn_of_large_ = false;
  bool stopping_ = false;
  StoreStats stats_;
  bool disk_failed_ = false;  // in this group; of the writer's thread
  std::atomic<bool> failing_{false};
  std::mutex watcher_mutex_;
  CommitWatchers watchers_;  // under watcher_mutex_, also while they run
  std::thread thread_;
};

}  // namespace egd::store
