// A bounded queue between the io threads and the handlers' threads. Thread-safe.
//
// Waking a thread costs more than a cheap request, so at most one is being woken at a time, the one
// that slept last, its caches still warm; when it has taken its job and there are more, it wakes
// the next. So few threads run while handlers are quick, and all of them when handlers wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace egd::net {

template <typename Job>
class WorkQueue {
 public:
  explicit WorkQueue(size_t capacity) : capacity_(capacity) {}

  // False, and `job` untouched, when the queue is full or closed.
  bool Push(Job& job) {
    const std::lock_guard lock(mutex_);
    if (closed_ || jobs_.size() >= capacity_) return false;
    jobs_.push_back(std::move(job));
    WakeOne();
    return true;
  }

  // Waits for a job; nothing when the queue is closed and empty.
  std::optional<Job> Pop() {
    std::unique_lock lock(mutex_);
    if (jobs_.empty() && !closed_) Sleep(lock);
    if (jobs_.empty()) return std::nullopt;
    std::optional<Job> job(std::move(jobs_.front()));
    jobs_.pop_front();
    if (!jobs_.empty()) WakeOne();
    return job;
  }

  // No more jobs are taken; those inside are still handed out.
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Sleeper* sleeper : sleepers_) sleeper->Wake();
    sleepers_.clear();
  }

 private:
  struct Sleeper {
    std::condition_variable condition;
    bool awake = false;
    void Wake() {
      awake = true;
      condition.notify_one();
    }
  };

  void Sleep(std::unique_lock<std::mutex>& lock) {
    Sleeper self;
    while (jobs_.empty() && !closed_) {
      self.awake = false;
      sleepers_.push_back(&self);
      self.condition.wait(lock, [&] { return self.awake; });
      is_waking_ = false;
    }
  }

  void WakeOne() {
    if (is_waking_ || sleepers_.empty()) return;
    is_waking_ = true;
    Sleeper* last = sleepers_.back();
    sleepers_.pop_back();
    last->Wake();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::deque<Job> jobs_;
  std::vector<Sleeper*> sleepers_;
  bool is_waking_ = false;
  bool closed_ = false;
};

}  // namespace egd::net
