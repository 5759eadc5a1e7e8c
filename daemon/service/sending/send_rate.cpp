#include "daemon/service/sending/send_rate.h"

#include <algorithm>
#include <cmath>

namespace egd::service {
namespace {

constexpr double kMinute = 60;  // seconds
constexpr size_t kTidyAt =
    1024;  // buckets: more users than this rarely have a limit and send at once

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::optional<std::chrono::seconds> SendRate::Take(int64_t user_id, int64_t per_minute,
                                                   int64_t recipients) {
  if (per_minute <= 0) return std::nullopt;
  const auto now = clock_.Steady();
  const auto capacity = double(per_minute);
  return buckets_.With([&](Buckets& buckets) -> std::optional<std::chrono::seconds> {
    if (buckets.size() >= kTidyAt && !buckets.contains(user_id)) DropFull(buckets);
    Bucket& bucket = buckets.try_emplace(user_id, Bucket{capacity, 0, now}).first->second;
    bucket.per_second = capacity / kMinute;
    bucket.level = std::min(capacity, bucket.level + Seconds(now - bucket.at) * bucket.per_second);
    bucket.at = now;
    const double missing = std::min(double(recipients), capacity) - bucket.level;
    constexpr double kRounding = 1e-6;  // of a recipient: what adding up fractions may be off by
    if (missing > kRounding) {
      return std::chrono::seconds(int64_t(std::ceil((missing - kRounding) / bucket.per_second)));
    }
    bucket.level -= double(recipients);
    return std::nullopt;
  });
}

void SendRate::DropFull(Buckets& buckets) const {
  const auto now = clock_.Steady();
  std::erase_if(buckets, [&](const auto& entry) {
    const Bucket& bucket = entry.second;
    return bucket.level + Seconds(now - bucket.at) * bucket.per_second >=
           bucket.per_second * kMinute;
  });
}

}  // namespace egd::service
