#include "daemon/store/rollup_store.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "daemon/store/query.h"
#include "daemon/store/text_hash.h"

namespace egd::store {
namespace {

void ReadCounts(Query& query, core::EventCounts& counts) {
  for (int64_t& count : counts.by_type) query.Read(count);
}

void ReadTimes(Query& query, core::DeliveryTimes& times) {
  query.Read(times.recipients, times.total_ms, times.least_ms, times.most_ms);
  for (int64_t& recipients : times.by_class) query.Read(recipients);
}

std::optional<Uuid> FindMessageId(Connection& connection, int64_t number) {
  Query query(connection, "SELECT id FROM messages WHERE number = ?");
  if (!query.Bind(number).Step()) return std::nullopt;
  return query.Value<Uuid>();
}

using SumsByValue = std::unordered_map<std::string, core::EventCounts, TextHash, std::equal_to<>>;

void AddAutomated(Connection& connection, int64_t domain_id, CountedField field, DayRange range,
                  SumsByValue& sums) {
  Query query(connection,
              "SELECT value, open, click FROM automated_counts "
              "WHERE domain_id = ? AND field = ? AND day BETWEEN ? AND ?");
  query.Bind(domain_id, static_cast<int>(field), range.first, range.last);
  while (query.Step()) {
    core::EventCounts& sum = sums[query.Value<std::string>()];
    core::EventCounts counts;
    query.Read(counts.automated_opens, counts.automated_clicks);
    sum += counts;
  }
}

}  // namespace

// The days in question without those before the first event and after the last: a loop over days
// must not run from the epoch to the year 9999.
DayRange RollupStore::WithEvents(DayRange range) {
  Query query(connection_,
              "SELECT ifnull((SELECT min(day) FROM event_counts), 1), "
              "ifnull((SELECT max(day) FROM event_counts), 0)");
  query.Step();
  DayRange known;
  query.Read(known.first, known.last);
  return {std::max(range.first, known.first), std::min(range.last, known.last)};
}

std::map<int64_t, core::EventCounts> RollupStore::CountByDay(int64_t domain_id, DayRange range) {
  Query query(connection_,
              "SELECT day, accepted, rejected, deferred, delivery, bounce, open, click, "
              "unsubscribe, complaint FROM day_counts WHERE domain_id = ? AND day BETWEEN ? AND ?");
  query.Bind(domain_id, range.first, range.last);
  std::map<int64_t, core::EventCounts> days;
  while (query.Step()) ReadCounts(query, days[query.Value<int64_t>()]);
  Query automated(connection_,
                  "SELECT day, open, click FROM automated_counts "
                  "WHERE domain_id = ? AND field = 0 AND day BETWEEN ? AND ?");
  automated.Bind(domain_id, range.first, range.last);
  while (automated.Step()) {
    core::EventCounts& counts = days[automated.Value<int64_t>()];
    automated.Read(counts.automated_opens, counts.automated_clicks);
  }
  return days;
}

std::map<int64_t, core::EventCounts> RollupStore::CountTestsByDay(int64_t domain_id,
                                                                  DayRange range) {
  Query query(connection_,
              "SELECT day, type, events FROM test_counts "
              "WHERE domain_id = ? AND day BETWEEN ? AND ?");
  query.Bind(domain_id, range.first, range.last);
  std::map<int64_t, core::EventCounts> days;
  while (query.Step()) {
    core::EventCounts& counts = days[query.Value<int64_t>()];
    const auto type = query.Value<size_t>();
    query.Read(counts.by_type.at(type));
  }
  return days;
}

bool RollupStore::HasTests(int64_t domain_id) {
  Query query(connection_, "SELECT 1 FROM test_counts WHERE domain_id = ? LIMIT 1");
  return query.Bind(domain_id).Step();
}

std::vector<CountedValue> RollupStore::CountByValue(int64_t domain_id, CountedField field,
                                                    DayRange range) {
  SumsByValue sums;
  const DayRange known = WithEvents(range);
  for (int64_t day = known.first; day <= known.last; ++day) {
    Query query(connection_,
                "SELECT value, accepted, rejected, deferred, delivery, bounce, open, click, "
                "unsubscribe, complaint FROM event_counts "
                "WHERE day = ? AND domain_id = ? AND field = ?");
    query.Bind(day, domain_id, static_cast<int>(field));
    while (query.Step()) {
      const auto value = query.Value<std::string_view>();
      auto sum = sums.find(value);  // most values come on most days: no copy for each
      if (sum == sums.end()) sum = sums.try_emplace(std::string(value)).first;
      core::EventCounts counts;
      ReadCounts(query, counts);
      sum->second += counts;
    }
  }
  AddAutomated(connection_, domain_id, field, range, sums);
  std::vector<CountedValue> values;
  values.reserve(sums.size());
  while (!sums.empty()) {
    auto node = sums.extract(sums.begin());
    values.push_back({std::move(node.key()), node.mapped()});
  }
  return values;
}

std::vector<CountedMessage> RollupStore::CountByMessage(int64_t domain_id, DayRange range,
                                                        size_t most) {
  std::vector<std::pair<int64_t, int64_t>> counts;  // message, events: one for each day it has some
  const DayRange known = WithEvents(range);
  for (int64_t day = known.first; day <= known.last; ++day) {
    Query query(connection_,
                "SELECT message, events FROM message_counts WHERE day = ? AND domain_id = ?");
    query.Bind(day, domain_id);
    while (query.Step()) {
      auto& [message, events] = counts.emplace_back();
      query.Read(message, events);
    }
  }
  std::ranges::sort(counts);                        // nearly is: numbers grow with the days
  std::vector<std::pair<int64_t, int64_t>> ranked;  // events, message: of equals the newest first
  for (const auto& [message, events] : counts) {
    if (ranked.empty() || ranked.back().second != message) ranked.emplace_back(0, message);
    ranked.back().first += events;
  }
  const size_t count = std::min(most, ranked.size());
  std::ranges::partial_sort(ranked, ranked.begin() + static_cast<ptrdiff_t>(count),
                            std::ranges::greater());
  std::vector<CountedMessage> messages;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<Uuid> id = FindMessageId(connection_, ranked[i].second);
    if (id) messages.push_back({*id, ranked[i].first});
  }
  return messages;
}

core::DeliveryTimes RollupStore::Times(int64_t domain_id, core::EventType outcome,
                                       const std::string& recipient_domain, DayRange range) {
  core::DeliveryTimes sum;
  const DayRange known = WithEvents(range);
  for (int64_t day = known.first; day <= known.last; ++day) {
    Query query(connection_,
                "SELECT recipients, total_ms, least_ms, most_ms, below_1s, below_5s, below_10s, "
                "below_30s, below_60s, below_5m, below_10m, longer FROM delivery_times "
                "WHERE day = ? AND domain_id = ? AND type = ? AND recipient_domain = ?");
    query.Bind(day, domain_id, static_cast<int>(outcome), recipient_domain);
    core::DeliveryTimes times;
    if (query.Step()) ReadTimes(query, times);
    sum += times;
  }
  return sum;
}

int64_t RollupStore::CountQueued(int64_t domain_id, const std::string& recipient_domain) {
  // Without tests the index alone knows it.
  Query query(connection_,
              HasTests(domain_id)
                  ? "SELECT count(*) FROM recipients r JOIN messages m ON m.number = r.message "
                    "WHERE r.destination = ?2 AND NOT m.is_test "
                    "AND r.queue = (SELECT id FROM queues WHERE domain_id = ?1)"
                  : "SELECT count(*) FROM recipients WHERE destination = ?2 "
                    "AND queue = (SELECT id FROM queues WHERE domain_id = ?1)");
  query.Bind(domain_id, recipient_domain).Step();
  return query.Value<int64_t>();
}

std::vector<OwnedDomain> RollupStore::ListDomains(int64_t user_id) {
  Query query(connection_,
              "SELECT id, name, 0 FROM domains WHERE user_id = ?1 UNION ALL "
              "SELECT id, name, 1 FROM deleted_domains WHERE user_id = ?1 ORDER BY 1");
  query.Bind(user_id);
  std::vector<OwnedDomain> domains;
  while (query.Step()) {
    OwnedDomain& domain = domains.emplace_back();
    query.Read(domain.id, domain.name, domain.deleted);
  }
  return domains;
}

}  // namespace egd::store
