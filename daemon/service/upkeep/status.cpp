#include "daemon/service/upkeep/status.h"

#include <algorithm>
#include <filesystem>

#include "daemon/service/events/statistics.h"
#include "daemon/store/migration.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/webhook_store.h"

namespace egd::service {
namespace {

constexpr size_t kLanesLookedAt = 1000;  // the deepest

void ReadDisk(const std::string& data_dir, GatewayStatus& status) {
  std::error_code unknown;
  const auto space = std::filesystem::space(data_dir, unknown);
  if (!unknown) status.disk_free = space.available;
  if (!unknown) status.disk_size = space.capacity;
  const auto size = std::filesystem::file_size(data_dir + "/egd.db", unknown);
  if (!unknown) status.database_size = size;
}

bool IsInTrouble(const LaneView& lane) {
  return lane.paused || lane.status.slow || lane.status.down_until > lane.at;
}

}  // namespace

Result<GatewayStatus> Status::Read() {
  GatewayStatus status;
  status.at = clock_.Now();
  status.started_at = started_at_;
  if (const auto ready = is_ready_(); !ready) status.not_ready = ready.error().public_text;
  const int64_t first_day = store::DayOf(status.at) - Statistics::kDaysBefore;
  const auto read = store_.ReadLong(0, [&](store::Connection& connection) {
    store::QueueStore queue(connection);
    status.queued = queue.Count();
    status.oldest_at = queue.OldestAcceptedAt();
    const UnixMillis due = queue.NextDue();
    status.due_since = due <= status.at ? due : 0;
    status.webhooks = store::WebhookStore(connection).ListFailing(kMost);
    status.domains = store::DomainStore(connection).ListTroubled(first_day, kMost);
    status.schema = store::SchemaVersion(connection);
  });
  if (!read) return read.error();
  auto lanes = queue_.List(kLanesLookedAt);
  if (!lanes) return lanes.error();
  std::erase_if(*lanes, [](const LaneView& lane) { return !IsInTrouble(lane); });
  lanes->resize(std::min(lanes->size(), kMost));
  status.lanes = *std::move(lanes);
  status.in_flight = engine_.in_flight();
  status.accepted = metrics_.EventCount(core::EventType::kAccepted);
  status.delivered = metrics_.EventCount(core::EventType::kDelivery);
  status.deferred = metrics_.EventCount(core::EventType::kDeferred);
  status.bounced = metrics_.EventCount(core::EventType::kBounce);
  status.waiting_writes = store_.GetStats().waiting;
  status.newest_schema = store::Migrations().back().number;
  ReadDisk(data_dir_, status);
  return status;
}

}  // namespace egd::service
