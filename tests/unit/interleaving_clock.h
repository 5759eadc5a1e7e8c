// A clock that lets something happen in the middle of what reads it.
#pragma once

#include <functional>
#include <utility>

#include "shared/base/clock.h"

namespace egd {

// At the nth reading of the wall clock from OnReading on, `happen` runs once, on the reader's
// thread.
class InterleavingClock final : public Clock {
 public:
  void OnReading(int nth, std::function<void()> happen) {
    readings_left_ = nth;
    happen_ = std::move(happen);
  }
  bool happened() const { return !happen_; }

  UnixMillis Now() const override {
    if (happen_ && --readings_left_ == 0) std::exchange(happen_, nullptr)();
    return time_.Now();
  }
  std::chrono::steady_clock::time_point Steady() const override { return time_.Steady(); }

 private:
  FakeClock time_;
  mutable int readings_left_ = 0;
  mutable std::function<void()> happen_;
};

}  // namespace egd
