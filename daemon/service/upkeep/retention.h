// Deletes what nobody needs any more: events and the content of finished messages after the days
// that [retention] names, contents beyond the bytes it names, the oldest first, attempts to reach webhooks with the events, and sessions and idempotency
// keys after their own lifetimes. Statistics are kept: they cost days, not events.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"
#include "shared/config/config.h"

namespace egd::service {

// Rows a commit deletes. At 5 µs a row (Debian's SQLite) the writer is taken for 3 ms at a time, so
// that mail can be accepted in between.
constexpr size_t kRowsPerSweep = 500;

// What one rule lets go.
struct Expired {
  std::string rule;    // "events_days", an option of [retention]; empty: a fixed time
  std::string kind;    // "content", "event", "message", …
  std::string detail;  // of events: "bounce"
  int64_t entries = 0;
  int64_t bytes = 0;         // of contents and mail; 0 of the rest
  UnixMillis oldest_at = 0;  // 0: there are none
};

struct RetentionReport {
  std::vector<Expired> expired;  // those of which there are some
  int64_t content_bytes = 0;     // that all contents have afterwards
};

// Has one thread, `egd-purge`. Owned by Daemon; Start once. Thread-safe.
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
  // What RunDue would delete now. Reads much; the store's errors.
  Result<RetentionReport> Measure();
  // Deletes it, and says what; what could not be deleted is not in it.
  Result<RetentionReport> RunNow();

 private:
  // Deletes at most kRowsPerSweep rows and returns how many.
  using Sweep = std::function<int64_t(store::Transaction&)>;

  static constexpr std::chrono::milliseconds kTick = std::chrono::minutes(1);

  void Run(UnixMillis now);
  Result<RetentionReport> MeasureAt(UnixMillis now);
  void Repeat(const Sweep& sweep);

  store::Store& store_;
  const Clock& clock_;
  const config::Config::Retention options_;
  std::mutex running_;
  Ticker ticker_{"egd-purge", [this] {
                   RunDue();
                   return kTick;
                 }};
};

}  // namespace egd::service
