// How fast a lane works off what waits for it: says when mail that has no room now should come
// again. Wrong is better too fast than too slow: mail that comes too early is put off once more, a
// write of some microseconds; for mail that comes too late a lane stands idle. Not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace egd::queue {

class DrainRate {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit DrainRate(Instant now) : window_began_(now) {}

  // So many recipients are done with.
  void Count(size_t recipients, Instant now) {
    Roll(now);
    in_window_ += double(recipients);
  }
  // Twice what was measured, and at least one in ten seconds; as much as one gateway can send while
  // nothing was measured.
  double PerMilli(Instant now) {
    Roll(now);
    return std::max(measured_ * 2, 1.0 / 10'000);
  }

 private:
  void Roll(Instant now) {
    constexpr double kWindow = 2000;  // milliseconds
    const std::chrono::duration<double, std::milli> elapsed = now - window_began_;
    if (elapsed.count() < kWindow) return;
    measured_ = in_window_ / elapsed.count();
    in_window_ = 0;
    window_began_ = now;
  }

  Instant window_began_;
  double in_window_ = 0;
  double measured_ = 1;  // per millisecond
};

}  // namespace egd::queue
