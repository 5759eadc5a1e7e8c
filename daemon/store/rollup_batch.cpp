#include "daemon/store/rollup_batch.h"

#include <compare>
#include <map>
#include <set>

#include "daemon/core/statistics.h"
#include "daemon/store/query.h"
#include "daemon/store/rollup_store.h"

namespace egd::store {
namespace {

struct DayKey {
  int64_t domain_id, day;
  auto operator<=>(const DayKey&) const = default;
};

struct CountKey {
  int64_t day, domain_id;
  CountedField field;
  std::string value;
  auto operator<=>(const CountKey&) const = default;
};

struct MessageKey {
  int64_t day, domain_id, message;
  auto operator<=>(const MessageKey&) const = default;
};

struct TimesKey {
  int64_t day, domain_id;
  core::EventType type;
  std::string recipient_domain;
  auto operator<=>(const TimesKey&) const = default;
};

// In the order of the tables' keys: neighbours share pages.
struct Sums {
  std::map<DayKey, core::EventCounts> days;
  std::map<CountKey, core::EventCounts> counts;
  std::map<MessageKey, int64_t> messages;
  std::map<TimesKey, core::DeliveryTimes> times;
};

const std::string kAddCounts =
    "ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted, "
    "rejected = rejected + excluded.rejected, deferred = deferred + excluded.deferred, "
    "delivery = delivery + excluded.delivery, bounce = bounce + excluded.bounce, "
    "open = open + excluded.open, click = click + excluded.click, "
    "unsubscribe = unsubscribe + excluded.unsubscribe, complaint = complaint + excluded.complaint";

std::string HourOf(UnixMillis at) {
  return FormatDateTime(at).substr(0, 13) + ":00";
}

void AddValues(Sums& sums, const UncountedEvent& event) {
  const auto add = [&](CountedField field, const std::string& value) {
    sums.counts[{DayOf(event.at), event.domain_id, field, value}].Add(event.type);
  };
  add(CountedField::kHour, HourOf(event.at));
  add(CountedField::kRecipientDomain, event.recipient_domain);
  if (event.smtp_code != 0) add(CountedField::kSmtpCode, std::to_string(event.smtp_code));
  if (!event.mx_host.empty()) add(CountedField::kMxHost, event.mx_host);
  if (!event.url.empty()) add(CountedField::kLink, event.url);
  for (const std::string& tag : std::set(event.tags.begin(), event.tags.end())) {
    if (!tag.empty()) add(CountedField::kTag, tag);
  }
}

void Add(Sums& sums, const UncountedEvent& event) {
  using enum core::EventType;
  const int64_t day = DayOf(event.at);
  sums.days[{event.domain_id, day}].Add(event.type);
  AddValues(sums, event);
  ++sums.messages[{day, event.domain_id, event.message}];
  if (event.type != kDelivery && event.type != kBounce) return;
  sums.times[{day, event.domain_id, event.type, event.recipient_domain}].Add(event.delivery_ms);
}

void Write(Connection& connection, const DayKey& key, const core::EventCounts& counts) {
  static const std::string kSql =
      "INSERT INTO day_counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) " + kAddCounts;
  Query query(connection, kSql);
  query.Bind(key.domain_id, key.day);
  for (const int64_t count : counts.by_type) query.Bind(count);
  query.Run();
}

void Write(Connection& connection, const CountKey& key, const core::EventCounts& counts) {
  static const std::string kSql =
      "INSERT INTO event_counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) " + kAddCounts;
  Query query(connection, kSql);
  query.Bind(key.day, key.domain_id, static_cast<int>(key.field), key.value);
  for (const int64_t count : counts.by_type) query.Bind(count);
  query.Run();
}

void Write(Connection& connection, const MessageKey& key, int64_t events) {
  Query(connection,
        "INSERT INTO message_counts VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET events = events + excluded.events")
      .Bind(key.day, key.domain_id, key.message, events)
      .Run();
}

void Write(Connection& connection, const TimesKey& key, const core::DeliveryTimes& times) {
  Query query(connection,
              "INSERT INTO delivery_times VALUES "
              "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
              "ON CONFLICT DO UPDATE SET recipients = recipients + excluded.recipients, "
              "total_ms = total_ms + excluded.total_ms, "
              "least_ms = min(least_ms, excluded.least_ms), "
              "most_ms = max(most_ms, excluded.most_ms), "
              "below_1s = below_1s + excluded.below_1s, below_5s = below_5s + excluded.below_5s, "
              "below_10s = below_10s + excluded.below_10s, "
              "below_30s = below_30s + excluded.below_30s, "
              "below_60s = below_60s + excluded.below_60s, "
              "below_5m = below_5m + excluded.below_5m, "
              "below_10m = below_10m + excluded.below_10m, longer = longer + excluded.longer");
  query.Bind(key.day, key.domain_id, static_cast<int>(key.type), key.recipient_domain);
  query.Bind(times.recipients, times.total_ms, times.least_ms, times.most_ms);
  for (const int64_t recipients : times.by_class) query.Bind(recipients);
  query.Run();
}

void CountTest(Connection& connection, const UncountedEvent& event) {
  Query(connection,
        "INSERT INTO test_counts VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET events = events + 1")
      .Bind(event.domain_id, DayOf(event.at), static_cast<int>(event.type))
      .Run();
}

}  // namespace

void CountEvents(Connection& connection, const std::vector<UncountedEvent>& events) {
  if (events.empty()) return;
  Sums sums;
  for (const UncountedEvent& event : events) {
    if (event.is_test) {
      CountTest(connection, event);
    } else {
      Add(sums, event);
    }
  }
  for (const auto& [key, counts] : sums.days) Write(connection, key, counts);
  for (const auto& [key, counts] : sums.counts) Write(connection, key, counts);
  for (const auto& [key, count] : sums.messages) Write(connection, key, count);
  for (const auto& [key, times] : sums.times) Write(connection, key, times);
}

}  // namespace egd::store
