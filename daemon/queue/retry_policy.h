// When a failed delivery is tried again, and when attempts stop. Pure, thread-safe.
//
// Waits follow the schedule, its last entry for ever, each ±10 % so that messages that failed
// together do not come back together (RFC 5321 section 4.5.4.1). The last attempt is made when the
// message's time ends.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::queue {

class RetryPolicy {
 public:
  // An empty schedule: every hour.
  explicit RetryPolicy(std::vector<std::chrono::seconds> schedule);

  // When to try again after attempt number `attempt` (1 is the first) failed at `now`; nothing when
  // the message has expired. `jitter`: a random number from -1 to 1.
  std::optional<UnixMillis> NextAttempt(int attempt, UnixMillis now, UnixMillis expires_at,
                                        double jitter) const;

 private:
  std::vector<std::chrono::seconds> schedule_;
};

// From -1 to 1; the same for a message's recipients at one destination, so that they stay together:
// one copy, as in the first attempt.
double JitterOf(const Uuid& message, std::string_view destination);

}  // namespace egd::queue
