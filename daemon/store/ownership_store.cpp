#include "daemon/store/ownership_store.h"

#include <limits>
#include <string_view>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

std::string_view Counting(core::Owned kind) {
  switch (kind) {
    case core::Owned::kWebhooks:
      return "SELECT count(*) FROM webhooks WHERE domain_id = ?";
    case core::Owned::kSenderKeys:
      return "SELECT count(*) FROM sender_keys WHERE domain_id = ?";
    case core::Owned::kSmtpCredentials:
      return "SELECT count(*) FROM smtp_credentials WHERE domain_id = ?";
    case core::Owned::kUserKeys:
      return "SELECT count(*) FROM user_keys WHERE user_id = ?";
    case core::Owned::kLists:
      return "SELECT count(*) FROM lists WHERE user_id = ? AND deleted = 0";
    case core::Owned::kTemplates:
      return "SELECT count(*) FROM templates WHERE user_id = ?";
    case core::Owned::kJourneys:
      return "SELECT count(*) FROM journeys WHERE user_id = ?";
  }
  return {};
}

}  // namespace

int64_t OwnershipStore::Count(core::Owned kind, int64_t owner) {
  Query query(connection_, Counting(kind));
  query.Bind(owner).Step();
  return query.Value<int64_t>();
}

bool OwnershipStore::HasScheduled(int64_t user_id, bool is_test, UnixMillis now, int64_t most) {
  constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute;  // as in scheduled_counts
  const auto in_slots = [&](int64_t width, int64_t first, int64_t end) {
    Query query(connection_,
                "SELECT ifnull(sum(messages), 0) FROM scheduled_counts "
                "WHERE user_id = ? AND is_test = ? AND width = ? AND slot >= ? AND slot < ?");
    query.Bind(user_id, is_test, width, first, end).Step();
    return query.Value<int64_t>();
  };
  const int64_t minute = now / kMinute, hour = now / kHour;
  const int64_t later = in_slots(kHour, hour + 1, std::numeric_limits<int64_t>::max()) +
                        in_slots(kMinute, minute + 1, (hour + 1) * kHour / kMinute);
  if (later >= most) return true;
  // The third condition is the one of index messages_scheduled.
  Query this_minute(connection_,
                    "SELECT 1 FROM messages WHERE user_id = ? AND is_test = ? AND send_at > 0 "
                    "AND send_at > ? AND send_at < ? LIMIT 1 OFFSET ?");
  return this_minute.Bind(user_id, is_test, now, (minute + 1) * kMinute, most - later - 1).Step();
}

}  // namespace egd::store
