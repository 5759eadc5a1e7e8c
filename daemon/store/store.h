// The store: everything the gateway remembers, in one SQLite database `<data_dir>/egd.db` (WAL,
// full sync), with the larger contents in files beside it (segments.h).
//
//   Result<void> done = store.Write([&](Transaction& tx) { SessionStore(tx).Insert(session); });
//   Result<std::optional<core::User>> user =
//       store.Read([&](Connection& c) { return UserStore(c).Find(7); });
//
// Writing: one thread, `egd-write`, takes all jobs that wait, runs each in a savepoint inside one
// transaction, commits with one sync, then completes them: whoever waits when it wakes shares the
// sync. A job that returns an error or throws is undone alone. When the commit itself fails, every
// job of the group fails. Nothing is acknowledged before it would survive kill -9 and a power cut.
//
// Trying: what a thread writes while it has a Trial (trial.h) is undone.
//
// Reading: pooled read-only connections that neither wait for the writer nor hold it up.
//
// Failures: kUnavailable (queue full, no reader free in time, disk full or failing, stopping) and
// kInternal (an exception, a bug), beside what jobs themselves return. A job must do no network I/O
// and take milliseconds at most: what could be large is marked and swept (sweep_store.h). A job
// that takes longer than 50 ms is logged under the name of the function that asked for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/connection.h"
#include "daemon/store/segments.h"
#include "daemon/store/snapshot.h"
#include "daemon/store/write_job.h"
#include "shared/base/result.h"

namespace egd::store {

struct StoreOptions {
  bool group_commit = true;   // false: one commit a job, for comparison
  size_t queue_bound = 4096;  // waiting jobs: at 8,000 a second, half a second's worth
  size_t readers = 4;         // connections, opened when first needed; SQLite reads are CPU-bound
  std::chrono::milliseconds read_wait{2000};       // for a free reader, before kUnavailable
  size_t long_readers = 4;                         // beside them, for ReadLong
  size_t long_readers_each = 2;                    // of one user
  size_t reading_threads = 32;                     // that ask, of which long reads get a part
  std::chrono::milliseconds longest_read{10'000};  // of ReadLong, before kUnavailable
  AddressHash address_hash = {};  // asked from the first job on; empty: no address is ever erased
};

// Counted since Open; each is exact, together they are no snapshot.
struct StoreStats {
  uint64_t jobs = 0;     // completed, whatever their outcome
  uint64_t failed = 0;   // of these, undone
  uint64_t refused = 0;  // never queued: the queue was full
  uint64_t commits = 0;  // groups; each costs one sync when it changed something
  uint64_t waiting = 0;  // in the queue now
  uint64_t slow = 0;     // jobs that took longer than kSlowJob of the writer's CPU
};

// Everybody else waits for it meanwhile.
constexpr std::chrono::milliseconds kSlowJob{50};

// Who is told after a commit, on the writer's thread: must be quick and must not throw.
struct CommitWatchers {
  // Endpoints that have new webhook jobs, with repetitions.
  std::function<void(const std::vector<int64_t>& endpoints)> webhook_jobs = {};
  // Mail may be due that was not before.
  std::function<void()> queue = {};
  // Events wait for their webhook jobs.
  std::function<void()> webhook_fan_outs = {};
  // The events that it holds.
  std::function<void(const std::vector<UncountedEvent>& events)> events = {};
  // Every group of jobs, also one whose commit failed, and how long running and syncing it took.
  std::function<void(size_t jobs, bool succeeded, std::chrono::nanoseconds took)> group = {};
};

// Thread-safe, except that it must outlive its users. Owned by Daemon.
class Store {
 public:
  using Options = StoreOptions;
  using Stats = StoreStats;

  // Creates the directory (mode 0700) and the database (0600) when missing, applies new migrations,
  // checks the database after an unclean stop, and takes `<data_dir>/egd.lock`. The error's
  // public_text is a sentence for the operator: another egd runs here, the database is damaged,
  // newer than this egd, or its migrations were changed.
  static Result<std::unique_ptr<Store>> Open(const std::string& data_dir,
                                             const Options& options = {});

  // Runs what waits, commits, closes cleanly. Further writes get kUnavailable.
  ~Store();

  // Runs `job(Transaction&)`, which returns T, Result<T> or nothing, and waits for its commit. Not
  // from a job or a completion (kInternal).
  template <typename Job>
  ResultOf<Job, Transaction> Write(Job&& job,
                                   std::source_location origin = std::source_location::current()) {
    return WriteAndWait(job, JobSize::kSmall, origin);
  }

  // As Write, for what takes a millisecond or more (a hundred rows, a megabyte): large jobs go one
  // after the other between the groups of the small ones, which so wait for one of them at most.
  template <typename Job>
  ResultOf<Job, Transaction> WriteLarge(
      Job&& job, std::source_location origin = std::source_location::current()) {
    return WriteAndWait(job, JobSize::kLarge, origin);
  }

  // As Write, without waiting. `done(Result<T>)` runs exactly once: on the writer's thread after
  // the sync, so it must be quick and must not throw; or, when the queue is full or the store
  // stops, before WriteAsync returns.
  template <typename Job, typename Done>
  void WriteAsync(Job job, Done done,
                  std::source_location origin = std::source_location::current()) {
    Submit(std::make_unique<AsyncWriteJob<Job, Done>>(std::move(job), std::move(done), origin),
           JobSize::kSmall);
  }

  // Runs `job(Connection&)` in one snapshot on this thread; it takes milliseconds at most. Never
  // inside another Read of the same thread: with few readers that can wait for itself.
  template <typename Job>
  ResultOf<Job, Connection> Read(Job&& job) {
    std::optional<ResultOf<Job, Connection>> result;
    const Result<void> done =
        RunRead([&](Connection& connection) { return RunInto(result, job, connection); });
    if (!done) return done.error();
    return std::move(*result);
  }

  // As Read, for what may take long: searches, statistics, exports. On connections of their own, of
  // which `user_id` gets some at a time, and for options.longest_read at most: so neither
  // authentication, acceptance and signing nor other users wait for it. kUnavailable with a text
  // for the user when it took longer; kRateLimited when too many of the user's own are running.
  template <typename Job>
  ResultOf<Job, Connection> ReadLong(int64_t user_id, Job&& job) {
    std::optional<ResultOf<Job, Connection>> result;
    const Result<void> done = RunLongRead(
        user_id, [&](Connection& connection) { return RunInto(result, job, connection); });
    if (!done) return done.error();
    return std::move(*result);
  }

  // Frees the disk of contents that were deleted and of a snapshot's copy, unless a snapshot lives.
  // Not from a job or a completion.
  Result<void> DeleteDeadSegments();

  // Overwrites contents in segments that are not needed any more, before their rows go. False, and
  // nothing is done: a snapshot needs them. Not from a job or a completion.
  Result<bool> OverwriteContents(const std::vector<SegmentPlace>& places);

  // Makes the search index again, and returns when the old one is gone: until the new one is whole
  // events are found by reading them.
  void RebuildSearchIndex();

  // Cuts the database's log, which keeps what was overwritten since; false: somebody reads what is
  // only there. Not from a job or a completion.
  Result<bool> CutLog();

  // What the store holds now; others read and write meanwhile. Copies the database first: as much
  // disk, and minutes when it is large. kConflict while there is another, kUnavailable when it is
  // stopped. The store must outlive it.
  Result<std::shared_ptr<const Snapshot>> TakeSnapshot(std::stop_token stop = {});

  // This start of egd, as an owner of leases on recipients (queue_store.h).
  int64_t lease_owner() const { return lease_owner_; }

  // Nothing, or why nothing more can be stored: the disk is full or fails, or no reader is free.
  // Once writing has failed, writes a little to see whether it does still; waits for that.
  Result<void> IsReady();

  Stats GetStats() const;
  // From now on these; {} ends it. When this returns, the last ones do not run.
  void Watch(CommitWatchers watchers);

 private:
  struct Impl;

  Store(int64_t lease_owner, std::unique_ptr<Impl> impl);
  template <typename Job>
  ResultOf<Job, Transaction> WriteAndWait(Job& job, JobSize size, std::source_location origin) {
    if (OnWriterThread()) return Internal("Store::Write called on the writer's own thread");
    // The completion owns the promise: it must not end with this frame while the writer still sets
    // it.
    std::promise<ResultOf<Job, Transaction>> promise;
    auto future = promise.get_future();
    const auto run = [&job](Transaction& transaction) { return job(transaction); };
    auto done = [promise = std::move(promise)](ResultOf<Job, Transaction> result) mutable {
      promise.set_value(std::move(result));
    };
    Submit(std::make_unique<AsyncWriteJob<decltype(run), decltype(done)>>(run, std::move(done),
                                                                          origin),
           size);
    return future.get();
  }
  void Submit(std::unique_ptr<WriteJob> job, JobSize size);
  bool OnWriterThread() const;
  Result<void> RunRead(const std::function<Result<void>(Connection&)>& job);
  Result<void> RunLongRead(int64_t user_id, const std::function<Result<void>(Connection&)>& job);

  const int64_t lease_owner_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace egd::store
