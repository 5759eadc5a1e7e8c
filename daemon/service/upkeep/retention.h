// Deletes what nobody needs any more: events and the content of finished messages after the days
// that [retention] names, attempts to reach webhooks with the events, and sessions and idempotency
// keys after their own lifetimes. Statistics are kept: they cost days, not events.
#pragma once

#include <chrono>
#include <functional>

#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"
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

  void Start() { ticker_.Start(kTick); }
  void Interrupt() { ticker_.Interrupt(); }  // after the commit under way
  void Join() { ticker_.Join(); }

  // Deletes all that has expired, in many small commits. What the thread does each tick; tests call
  // it themselves. A failure is logged, and what is left is the next tick's.
  void RunDue();

 private:
  // Deletes at most kRowsPerSweep rows and returns how many.
  using Sweep = std::function<int64_t(store::Transaction&)>;

  static constexpr std::chrono::milliseconds kTick = std::chrono::minutes(1);

  void Repeat(const Sweep& sweep);

  store::Store& store_;
  const Clock& clock_;
  const config::Config::Retention options_;
  Ticker ticker_{"egd-purge", [this] {
                   RunDue();
                   return kTick;
                 }};
};

}  // namespace egd::service
