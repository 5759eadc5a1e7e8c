// How many recipients a user may send to in a minute (SendRatePerMinute): a bucket a user that
// holds one minute's worth and fills evenly. A message to more recipients than the bucket holds
// passes when it is full, and is paid off before the next one; otherwise it could never be sent.
// Kept in memory: a restart fills every bucket.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "shared/base/clock.h"
#include "shared/base/guarded.h"

namespace egd::service {

// Owned by Acceptance. Thread-safe.
class SendRate {
 public:
  explicit SendRate(const Clock& clock) : clock_(clock) {}

  // Takes `recipients` from the user's bucket: nothing when they are granted, else how long until
  // they would be (and nothing is taken). `per_minute` 0: no limit.
  std::optional<std::chrono::seconds> Take(int64_t user_id, int64_t per_minute, int64_t recipients);

 private:
  struct Bucket {
    double level =
        0;  // recipients that may be sent to now; negative: a large message is being paid off
    double per_second = 0;
    std::chrono::steady_clock::time_point at;
  };
  using Buckets = std::unordered_map<int64_t, Bucket>;

  void DropFull(Buckets& buckets) const;

  const Clock& clock_;
  Guarded<Buckets> buckets_;  // a full bucket says nothing: it may be dropped
};

}  // namespace egd::service
