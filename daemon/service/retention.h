// Deletes what nobody needs any more: events and the content of finished messages after the days
// that [retention] names, attempts to reach webhooks with the events, and sessions and idempotency
// keys after their own lifetimes. Statistics are kept: they cost days, not events.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

// Rows a commit deletes. At 5 µs a row (Debian's SQLite) the writer is taken for 3 ms at a time, so
// that mail can be accepted in between.
constexpr size_t kRowsPerSweep = 500;

// Has one thread, `egd-purge`. Owned by Daemon; Start once.
class Retention {
 public:
  Retention(store::Store& store, const Clock& clock, config::Config::Retention options)
      : store_(store), clock_(clock), options_(options) {}
  ~Retention();  // Interrupt and Join

  void Start(std::chrono::milliseconds tick = std::chrono::minutes(1));
  void Interrupt();  // after the commit under way
  void Join();

  // Deletes all that is over, in many small commits. What the thread does each tick; tests call it
  // themselves. A failure is logged, and what is left is the next tick's.
  void RunDue();

 private:
  // Deletes at most kRowsPerSweep rows and returns how many.
  using Sweep = std::function<int64_t(store::Transaction&)>;

  void Run(std::chrono::milliseconds tick);
  void Repeat(const Sweep& sweep);
  bool Interrupted();

  store::Store& store_;
  const Clock& clock_;
  const config::Config::Retention options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool interrupted_ = false;
  std::thread thread_;
};

}  // namespace egd::service
