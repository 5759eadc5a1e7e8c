#include "daemon/hooks/retry_schedule.h"

namespace egd::hooks {

constexpr double kSpread = 0.1;

std::optional<UnixMillis> RetrySchedule::NextAttempt(int attempt, UnixMillis now,
                                                     double jitter) const {
  if (attempt < 1 || size_t(attempt) > waits_.size()) return std::nullopt;
  const auto wait = std::chrono::milliseconds(waits_[size_t(attempt) - 1]).count();
  return now + UnixMillis(double(wait) * (1 + kSpread * jitter));
}

}  // namespace egd::hooks
