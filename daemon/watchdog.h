// Tells the supervisor that the daemon is alive (sd_watchdog_enabled(3)), for as long as its io
// threads come round. When one hangs it falls silent, and the supervisor starts the daemon again.
// Work that waits, for the disk or for other servers, is no hang: it is not on those threads.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "shared/base/ticker.h"

namespace egd {

// Has one thread, `egd-watchdog`, from construction to destruction. Owned by main.
class Watchdog {
 public:
  // Calls `pong` when all is alive, on any thread, also after the watchdog is gone.
  using Ping = std::function<void(std::function<void()> pong)>;

  // `patience`: the supervisor's.
  Watchdog(std::chrono::microseconds patience, Ping ping);

 private:
  void Look();

  const Ping ping_;
  const std::shared_ptr<std::atomic<bool>> answered_ = std::make_shared<std::atomic<bool>>(true);
  Ticker ticker_;
};

}  // namespace egd
