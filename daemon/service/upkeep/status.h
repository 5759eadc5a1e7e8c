// The gateway's state, for its operator: what waits, what is stuck, what is in trouble.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/webhook.h"
#include "daemon/metrics/metrics.h"
#include "daemon/service/delivery/queue_control.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

struct GatewayStatus {
  UnixMillis at = 0, started_at = 0;
  std::string not_ready;     // why no mail can be taken; empty: it can
  int64_t queued = 0;        // recipients
  UnixMillis oldest_at = 0;  // when the first of them was accepted; 0: none
  UnixMillis due_since = 0;  // since when the next recipient has been due; 0: none is
  size_t in_flight = 0;      // recipients taken from the queue
  int64_t accepted = 0, delivered = 0, deferred = 0, bounced = 0;  // events since the start
  uint64_t waiting_writes = 0;          // that the store has not made yet
  std::vector<LaneView> lanes;          // that are down, slow or paused; at most kMost, the deepest
  std::vector<core::Webhook> webhooks;  // that fail or are disabled; at most kMost
  std::vector<store::TroubledDomain> domains;  // at most kMost
  uint64_t disk_free = 0, disk_size = 0;       // bytes, of the data directory's file system
  uint64_t database_size = 0;                  // bytes
  int schema = 0, newest_schema = 0;           // the database's, and the one of this program
};

// Owned by Daemon. Thread-safe; everything it is made of must outlive it.
class Status {
 public:
  static constexpr size_t kMost = 100;

  // `is_ready`: whether mail can be taken, or why not.
  Status(store::Store& store, QueueControl& queue, const queue::DeliveryEngine& engine,
         const Clock& clock, std::string data_dir, std::function<Result<void>()> is_ready,
         const metrics::Metrics& metrics)
      : store_(store),
        queue_(queue),
        engine_(engine),
        clock_(clock),
        data_dir_(std::move(data_dir)),
        is_ready_(std::move(is_ready)),
        metrics_(metrics),
        started_at_(clock.Now()) {}

  Result<GatewayStatus> Read();

 private:
  store::Store& store_;
  QueueControl& queue_;
  const queue::DeliveryEngine& engine_;
  const Clock& clock_;
  const std::string data_dir_;
  const std::function<Result<void>()> is_ready_;
  const metrics::Metrics& metrics_;
  const UnixMillis started_at_;
};

}  // namespace egd::service
