#include "daemon/queue/retry_policy.h"

#include <algorithm>
#include <functional>
#include <string>

namespace egd::queue {

constexpr double kSpread = 0.1;

RetryPolicy::RetryPolicy(std::vector<std::chrono::seconds> schedule)
    : schedule_(std::move(schedule)) {
  if (schedule_.empty()) schedule_.push_back(std::chrono::hours(1));
}

std::optional<UnixMillis> RetryPolicy::NextAttempt(int attempt, UnixMillis now,
                                                   UnixMillis expires_at, double jitter) const {
  if (now >= expires_at) return std::nullopt;
  const size_t step = std::min(size_t(std::max(attempt, 1)), schedule_.size()) - 1;
  const auto wait = std::chrono::milliseconds(schedule_[step]).count();
  return std::min(now + UnixMillis(double(wait) * (1 + kSpread * jitter)), expires_at);
}

double JitterOf(const Uuid& message, std::string_view destination) {
  constexpr size_t kSteps = 2001;
  const std::string key = message.ToString() + std::string(destination);
  return double(std::hash<std::string>()(key) % kSteps) / double(kSteps / 2) - 1;
}

}  // namespace egd::queue
