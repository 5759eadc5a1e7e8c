// Time that passes by waiting for it, and signals that come when a test says so.
#pragma once

#include <functional>

#include "cli/pause.h"

namespace egd::cli {

class FakePause : public Pause {
 public:
  std::chrono::steady_clock::time_point Now() const override { return now; }
  void CatchSignals() override {}
  int Signal() const override { return signal; }
  bool OutputClosed() const override { return output_closed; }
  bool For(std::chrono::milliseconds duration) override {
    now += duration;
    ++pauses;
    if (meanwhile) meanwhile();
    return signal == 0 && !output_closed;
  }

  std::chrono::steady_clock::time_point now;
  int signal = 0, pauses = 0;
  bool output_closed = false;
  std::function<void()> meanwhile;  // happens in each pause
};

}  // namespace egd::cli
