// How much one endpoint is asked to take. Pure; one thread.
//
// An endpoint begins with one post at a time and is given twice as many with each that succeeds, up
// to 32: a quick one soon has all it can use, an unknown one cannot hold many connections. A
// failure takes it back to one. After 5 failures in a row its circuit opens: nothing is sent for 5
// seconds, then one probe; each probe that fails doubles the pause, up to 5 minutes, and one that
// succeeds closes the circuit. So an endpoint that is dead costs one connection every 5 minutes,
// and is found alive within 5 minutes.
#pragma once

#include <cstddef>

#include "shared/base/clock.h"

namespace egd::hooks {

class EndpointHealth {
 public:
  static constexpr size_t kMostAtOnce = 32;
  static constexpr int kFailuresToOpen = 5;
  static constexpr UnixMillis kFirstPause = 5'000, kLongestPause = 300'000;

  // How many posts may be under way now; 0 while the circuit is open.
  size_t Allowed(UnixMillis now) const;
  // When the circuit lets the next probe through; in the past while it is closed.
  UnixMillis ProbeAt() const { return probe_at_; }
  bool Suspect() const { return failures_ > 0; }  // the last attempt failed

  void Succeeded();
  // `jitter`: a random number from 0 to 1; lengthens a pause by up to a fifth.
  void Failed(UnixMillis now, double jitter);
  void ClockSetBack(UnixMillis by) { probe_at_ -= by; }

 private:
  size_t at_once_ = 1;
  int failures_ =
      0;  // in a row; those of posts that were under way when the circuit opened do not count
  UnixMillis pause_ = 0;
  UnixMillis probe_at_ = 0;
};

}  // namespace egd::hooks
