#include "daemon/store/waiting_store.h"

#include <algorithm>
#include <limits>
#include <set>

#include "daemon/store/query.h"
#include "daemon/store/queue_turns.h"

namespace egd::store {
namespace {

// Held until somebody lets it go: no time to move.
constexpr UnixMillis kHeld = std::numeric_limits<UnixMillis>::max();

}  // namespace

void WaitingStore::MoveBack(UnixMillis by, UnixMillis now, size_t most, MovedWaits& moved) {
  using Table = MovedWaits::Table;
  switch (moved.table) {
    case Table::kRecipients:
      if (MoveRecipients(by, now, most, moved) < most) moved.table = Table::kWebhookRetries;
      return;
    case Table::kWebhookRetries:
      if (MoveWebhookRetries(by, most, moved) < most) moved.table = Table::kHitWindows;
      return;
    case Table::kHitWindows:
      if (MoveHitWindows(by, most, moved) < most) moved.table = Table::kEnd;
      return;
    case Table::kEnd:
      return;
  }
}

size_t WaitingStore::MoveRecipients(UnixMillis by, UnixMillis now, size_t most, MovedWaits& moved) {
  if (moved.recipient == 0) {  // turns that were taken by the old time
    Query(connection_, "UPDATE queues SET served_at = 0 WHERE served_at > ?").Bind(now).Run();
  }
  size_t rows = 0;
  std::set<int64_t> queues;
  {
    Query query(connection_,
                "UPDATE recipients SET "
                "next_attempt_at = next_attempt_at - "
                "CASE WHEN attempts > 0 OR next_attempt_at <= ?5 THEN ?1 ELSE 0 END, "
                "lease_until = CASE WHEN lease_until IN (0, ?2) THEN lease_until "
                "ELSE max(lease_until - ?1, 0) END "
                "WHERE id IN (SELECT id FROM recipients WHERE id > ?3 AND lease_owner = 0 "
                "ORDER BY id LIMIT ?4) RETURNING queue, id");
    query.Bind(by, kHeld, moved.recipient, most, now + by);
    for (; query.Step(); ++rows) {
      int64_t queue = 0, id = 0;
      query.Read(queue, id);
      queues.insert(queue);
      moved.recipient = std::max(moved.recipient, id);
    }
  }
  for (const int64_t queue : queues) Reschedule(connection_, queue);
  return rows;
}

size_t WaitingStore::MoveWebhookRetries(UnixMillis by, size_t most, MovedWaits& moved) {
  auto& last = moved.webhook_retry;
  Query query(connection_,
              "UPDATE webhook_retries SET next_attempt_at = "
              "CASE WHEN next_attempt_at = ?2 THEN ?2 ELSE next_attempt_at - ?1 END "
              "WHERE (endpoint, message, sequence, webhook_id) IN "
              "(SELECT endpoint, message, sequence, webhook_id FROM webhook_retries "
              "WHERE (endpoint, message, sequence, webhook_id) > (?3, ?4, ?5, ?6) "
              "ORDER BY 1, 2, 3, 4 LIMIT ?7) RETURNING endpoint, message, sequence, webhook_id");
  query.Bind(by, kHeld, std::get<0>(last), std::get<1>(last), std::get<2>(last), std::get<3>(last),
             most);
  size_t rows = 0;
  for (; query.Step(); ++rows) {
    auto key = last;
    query.Read(std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key));
    last = std::max(last, key);
  }
  return rows;
}

size_t WaitingStore::MoveHitWindows(UnixMillis by, size_t most, MovedWaits& moved) {
  auto& last = moved.hit_window;
  Query query(connection_,
              "UPDATE hit_windows SET closes_at = closes_at - ?1 WHERE (message, recipient) IN "
              "(SELECT message, recipient FROM hit_windows WHERE (message, recipient) > (?2, ?3) "
              "ORDER BY 1, 2 LIMIT ?4) RETURNING message, recipient");
  query.Bind(by, std::get<0>(last), std::get<1>(last), most);
  size_t rows = 0;
  for (; query.Step(); ++rows) {
    auto key = last;
    query.Read(std::get<0>(key), std::get<1>(key));
    last = std::max(last, key);
  }
  return rows;
}

}  // namespace egd::store
