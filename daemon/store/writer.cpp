#include "daemon/store/writer.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <pthread.h>

#include "daemon/store/failure.h"
#include "daemon/store/query.h"
#include "daemon/store/rollup_batch.h"
#include "daemon/store/segments.h"
#include "shared/base/log.h"

namespace egd::store {
namespace {

// A job costs 20-100 µs: 256 of them hold the first one up for less than 25 ms, and a sync among
// 256 costs nothing.
constexpr size_t kGroupBound = 256;

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// Of this thread. Beside the time that passed it tells a large job from a busy machine.
std::chrono::nanoseconds CpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void Say(Connection& connection, std::string_view sql) {
  Query(connection, sql).Run();
}

}  // namespace

Writer::Writer(std::unique_ptr<Transaction> transaction, const StoreOptions& options,
               std::function<void()> on_events)
    : transaction_(std::move(transaction)),
      on_events_(std::move(on_events)),
      queue_bound_(options.queue_bound),
      group_bound_(options.group_commit ? kGroupBound : 1),
      thread_([this] { Loop(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::Submit(std::unique_ptr<WriteJob> job, JobSize size) {
  Error refusal;
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && Waiting() < queue_bound_) {
      (size == JobSize::kLarge ? large_ : queue_).push_back(std::move(job));
      if (Waiting() == 1) wake_.notify_one();
      return;
    }
    ++stats_.refused;
    refusal = stopping_ ? Unavailable("The gateway is shutting down.")
                        : Unavailable("The gateway has too much to write; try again shortly.");
  }
  job->Complete(refusal);
}

StoreStats Writer::GetStats() const {
  const std::lock_guard lock(mutex_);
  StoreStats stats = stats_;
  stats.waiting = Waiting();
  return stats;
}

void Writer::Loop() {
  pthread_setname_np(pthread_self(), "egd-write");
  for (Group group = NextGroup(); !group.empty(); group = NextGroup()) RunGroup(group);
}

Writer::Group Writer::NextGroup() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || Waiting() > 0; });
  Group group;
  if (!large_.empty() && (is_turn_of_large_ || queue_.empty())) {
    is_turn_of_large_ = false;
    group.push_back(std::move(large_.front()));
    large_.pop_front();
    return group;
  }
  is_turn_of_large_ = true;
  while (!queue_.empty() && group.size() < group_bound_) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void Writer::RunGroup(const Group& group) {
  std::vector<Result<void>> outcomes;
  outcomes.reserve(group.size());
  const auto start = std::chrono::steady_clock::now();
  const Result<void> begun = Begin();
  disk_failed_ = !begun;
  for (const auto& job : group) outcomes.push_back(begun ? RunJob(*job) : begun);
  if (begun) {
    const CommitNotes notes = std::exchange(transaction_->notes(), {});
    const Result<void> committed = Commit(notes);
    if (committed) {
      TellWatchers(notes);
    } else {
      disk_failed_ = true;
      log::Error("store: commit failed", {{"detail", committed.error().detail}});
      outcomes.assign(group.size(), committed);
    }
    TellGroup(group.size(), bool(committed), start);
  }
  failing_ = disk_failed_;  // before whoever waits is told
  Complete(group, std::move(outcomes));
}

Result<void> Writer::RunJob(WriteJob& job) {
  const auto start = std::chrono::steady_clock::now();
  const auto cpu_start = CpuTime();
  Result<void> outcome = RunInSavepoint(job);
  const auto took = duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  const auto cpu = duration_cast<milliseconds>(CpuTime() - cpu_start);
  if (took > kSlowJob) {
    log::Warning("store: slow write", {{"job", job.Name()},
                                       {"took_ms", std::to_string(took.count())},
                                       {"cpu_ms", std::to_string(cpu.count())}});
  }
  if (cpu > kSlowJob) {
    const std::lock_guard lock(mutex_);
    ++stats_.slow;
  }
  return outcome;
}

Result<void> Writer::RunInSavepoint(WriteJob& job) {
  // A full disk or an I/O error can end the whole transaction; what ran after that would commit by
  // itself.
  if (!InTransaction(*transaction_)) return Unavailable("The gateway's disk is not available.");
  CommitNotes& notes = transaction_->notes();
  const size_t events = notes.events.size();
  const size_t endpoints = notes.webhook_endpoints.size();
  Result<void> outcome;
  try {
    Say(*transaction_, "SAVEPOINT job");
    outcome = job.Run(*transaction_);
  } catch (...) {
    outcome = CurrentFailure();
    if (outcome.error().kind == ErrorKind::kUnavailable) disk_failed_ = true;
  }
  try {
    if (!outcome) Say(*transaction_, "ROLLBACK TO job");
    Say(*transaction_, "RELEASE job");
  } catch (...) {
    if (outcome) outcome = CurrentFailure();
  }
  if (!outcome) {
    notes.events.resize(events);
    notes.webhook_endpoints.resize(endpoints);
  }
  return outcome;
}

Result<void> Writer::Begin() {
  try {
    Say(*transaction_, "BEGIN IMMEDIATE");
    return {};
  } catch (...) {
    return CurrentFailure();
  }
}

Result<void> Writer::Commit(const CommitNotes& notes) {
  Error failure;
  try {
    if (!InTransaction(*transaction_)) {
      return Unavailable("The gateway's disk is not available.", "transaction lost");
    }
    CountEvents(*transaction_, notes.events);
    transaction_->segments().Sync();
    Say(*transaction_, "COMMIT");
    const std::lock_guard lock(mutex_);
    ++stats_.commits;
    return {};
  } catch (...) {
    failure = CurrentFailure();
  }
  try {
    if (InTransaction(*transaction_)) Say(*transaction_, "ROLLBACK");
  } catch (...) {
    log::Error("store: rollback failed", {{"detail", CurrentFailure().detail}});
  }
  return failure;
}

void Writer::Watch(CommitWatchers watchers) {
  const std::lock_guard lock(watcher_mutex_);
  watchers_ = std::move(watchers);
}

void Writer::TellWatchers(const CommitNotes& notes) {
  if (!notes.events.empty()) on_events_();
  const std::lock_guard lock(watcher_mutex_);
  if (watchers_.queue && notes.may_be_due) watchers_.queue();
  if (watchers_.webhook_fan_outs && notes.webhook_fan_outs) watchers_.webhook_fan_outs();
  if (watchers_.events && !notes.events.empty()) watchers_.events(notes.events);
  if (watchers_.webhook_jobs && !notes.webhook_endpoints.empty()) {
    watchers_.webhook_jobs(notes.webhook_endpoints);
  }
}

void Writer::TellGroup(size_t jobs, bool succeeded, std::chrono::steady_clock::time_point begun) {
  const std::lock_guard lock(watcher_mutex_);
  if (watchers_.group) watchers_.group(jobs, succeeded, std::chrono::steady_clock::now() - begun);
}

void Writer::Complete(const Group& group, std::vector<Result<void>> outcomes) {
  const auto failed =
      std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) { return !outcome; });
  {
    const std::lock_guard lock(mutex_);
    stats_.jobs += group.size();
    stats_.failed += static_cast<uint64_t>(failed);
  }
  for (size_t i = 0; i < group.size(); ++i) {
    try {
      group[i]->Complete(std::move(outcomes[i]));
    } catch (...) {
      log::Error("store: completion threw", {{"detail", CurrentFailure().detail}});
    }
  }
}

}  // namespace egd::store
