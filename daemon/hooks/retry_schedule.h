// When a failed webhook delivery is tried again (contract section 7). Pure, thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "shared/base/clock.h"

namespace egd::hooks {

class RetrySchedule {
 public:
  // The wait after each failed attempt; after one more the delivery has failed.
  explicit RetrySchedule(std::vector<std::chrono::seconds> waits) : waits_(std::move(waits)) {}

  // When to try again after attempt number `attempt` (1 is the first) failed at `now`; nothing
  // after the last. `jitter`: a random number from -1 to 1, for a tenth of the wait each way, so
  // that what failed together does not come back together.
  std::optional<UnixMillis> NextAttempt(int attempt, UnixMillis now, double jitter) const;

 private:
  std::vector<std::chrono::seconds> waits_;
};

}  // namespace egd::hooks
