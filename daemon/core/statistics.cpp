#include "daemon/core/statistics.h"

#include <algorithm>
#include <numeric>

namespace egd::core {

int64_t EventCounts::Total() const {
  return std::accumulate(by_type.begin(), by_type.end(), int64_t{0});
}

EventCounts& EventCounts::operator+=(const EventCounts& other) {
  for (size_t i = 0; i < by_type.size(); ++i) by_type[i] += other.by_type[i];
  automated_opens += other.automated_opens;
  automated_clicks += other.automated_clicks;
  return *this;
}

void DeliveryTimes::Add(int64_t ms) {
  DeliveryTimes one{1, ms, ms, ms, {}};
  const auto* speed =
      std::ranges::find_if(kSpeedClasses, [&](const SpeedClass& c) { return ms < c.below_ms; });
  one.by_class[static_cast<size_t>(speed - kSpeedClasses.begin())] = 1;
  *this += one;
}

DeliveryTimes& DeliveryTimes::operator+=(const DeliveryTimes& other) {
  if (other.recipients == 0) return *this;
  least_ms = recipients == 0 ? other.least_ms : std::min(least_ms, other.least_ms);
  most_ms = recipients == 0 ? other.most_ms : std::max(most_ms, other.most_ms);
  recipients += other.recipients;
  total_ms += other.total_ms;
  for (size_t i = 0; i < by_class.size(); ++i) by_class[i] += other.by_class[i];
  return *this;
}

}  // namespace egd::core
