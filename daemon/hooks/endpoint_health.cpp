#include "daemon/hooks/endpoint_health.h"

#include <algorithm>

namespace egd::hooks {

size_t EndpointHealth::Allowed(UnixMillis now) const {
  return now < probe_at_ ? 0 : at_once_;
}

void EndpointHealth::Succeeded() {
  at_once_ = std::min(at_once_ * 2, kMostAtOnce);
  failures_ = 0;
  pause_ = 0;
  probe_at_ = 0;
}

void EndpointHealth::Failed(UnixMillis now, double jitter) {
  at_once_ = 1;
  if (now < probe_at_) return;
  if (++failures_ < kFailuresToOpen) return;
  pause_ = pause_ == 0 ? kFirstPause : std::min(pause_ * 2, kLongestPause);
  probe_at_ = now + pause_ + UnixMillis(double(pause_) * jitter / 5);
}

}  // namespace egd::hooks
