// Waiting, and being told to stop meanwhile. An interface, so that tests own time.
#pragma once

#include <chrono>

namespace egd::cli {

class Pause {
 public:
  virtual ~Pause() = default;
  virtual std::chrono::steady_clock::time_point Now() const = 0;
  // From now on SIGINT and SIGTERM end the waiting, not the process; the second one ends it.
  virtual void CatchSignals() = 0;
  // The signal that came since; 0: none.
  virtual int Signal() const = 0;
  // Nobody reads standard output any more.
  virtual bool OutputClosed() const = 0;
  // Waits; false as soon as there is a signal or nobody reads standard output.
  virtual bool For(std::chrono::milliseconds duration) = 0;
};

// Of this process: one object at a time.
class ProcessPause : public Pause {
 public:
  std::chrono::steady_clock::time_point Now() const override;
  void CatchSignals() override;
  int Signal() const override;
  bool OutputClosed() const override;
  bool For(std::chrono::milliseconds duration) override;
};

}  // namespace egd::cli
