#include "daemon/watchdog.h"

#include <algorithm>
#include <utility>

#include "daemon/process.h"

namespace egd {

// Four looks: an answer that misses one comes in half the time at the next.
Watchdog::Watchdog(std::chrono::microseconds patience, Ping ping)
    : ping_(std::move(ping)),
      ticker_("egd-watchdog",
              [this, wait = std::max(
                         std::chrono::milliseconds(1),
                         std::chrono::duration_cast<std::chrono::milliseconds>(patience / 4))] {
                Look();
                return wait;
              }) {
  ticker_.Start();
}

void Watchdog::Look() {
  if (!answered_->exchange(false)) return;
  NotifySupervisor("WATCHDOG=1");
  ping_([answered = answered_] { *answered = true; });
}

}  // namespace egd
