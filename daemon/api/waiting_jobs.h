// Jobs that wait for other people's servers (a name server, an endpoint), make keys or work long on
// the store, apart from all others: so that nobody's request for the gateway itself ever waits behind them. Thread-safe.
// A worker pool is first come, first served, so these have threads of their own (server.cpp).
//
// Users take turns, and each has a few jobs running and some waiting at once: who asks for more is
// refused, and costs nobody else a place.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace egd::api {

struct WaitingLimits {
  size_t running_each = 4;    // half of the threads (Server): two users can always work
  size_t waiting_each = 64;   // a pipeline that verifies all its domains at once
  size_t waiting_all = 1024;  // requests are held in memory
};

template <typename Job>
class WaitingJobs {
 public:
  explicit WaitingJobs(WaitingLimits limits = {}) : limits_(limits) {}

  // False, and `job` untouched, when the user or all have too many, or the queue is closed.
  bool Push(int64_t user, Job& job) {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_ >= limits_.waiting_all) return false;
    Line& line = lines_[user];
    if (line.jobs.size() >= limits_.waiting_each) return false;
    line.jobs.push_back(std::move(job));
    ++waiting_;
    changed_.notify_one();
    return true;
  }

  struct Taken {
    int64_t user = 0;
    Job job;
  };
  // Waits for the next job of the user whose turn it is; nothing when the queue is closed. Done goes
  // with each.
  std::optional<Taken> Pop() {
    std::unique_lock lock(mutex_);
    auto line = lines_.end();
    changed_.wait(lock, [&] {
      line = NextLine();
      return line != lines_.end() || closed_;
    });
    if (closed_) return std::nullopt;
    Taken taken{line->first, std::move(line->second.jobs.front())};
    line->second.jobs.pop_front();
    ++line->second.running;
    --waiting_;
    last_ = taken.user;
    return taken;
  }
  void Done(int64_t user) {
    const std::lock_guard lock(mutex_);
    const auto line = lines_.find(user);
    if (--line->second.running == 0 && line->second.jobs.empty()) lines_.erase(line);
    changed_.notify_one();
  }

  // No more jobs are taken, and those that wait are dropped.
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& [user, line] : lines_) line.jobs.clear();
    changed_.notify_all();
  }

 private:
  struct Line {
    std::deque<Job> jobs;
    size_t running = 0;
  };
  using Lines = std::map<int64_t, Line>;

  // The first after the last user's, in a circle, that may run one more.
  typename Lines::iterator NextLine() {
    auto line = lines_.upper_bound(last_);
    for (size_t i = 0; i < lines_.size(); ++i, ++line) {
      if (line == lines_.end()) line = lines_.begin();
      if (!line->second.jobs.empty() && line->second.running < limits_.running_each) return line;
    }
    return lines_.end();
  }

  const WaitingLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Lines lines_;  // by user
  size_t waiting_ = 0;
  int64_t last_ = 0;
  bool closed_ = false;
};

}  // namespace egd::api
