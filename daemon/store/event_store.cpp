#include "daemon/store/event_store.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "daemon/store/event_search.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/query.h"
#include "daemon/store/rollup_store.h"
#include "daemon/store/text_search.h"

namespace egd::store {
namespace {

bool NamesMessages(const EventFilter& filter) {
  return filter.message_id || filter.journey_id || filter.action_id;
}

// "FROM … WHERE …" for the set fields of a filter. A domain may have millions of events and a
// message has a handful, so a message ID or a journey decides the index; the planner, without
// statistics, would guess.
std::string Matching(const EventFilter& filter, std::string_view index = {}) {
  std::string sql = "FROM events e ";
  if (index.empty()) {
    sql += NamesMessages(filter) ? "INDEXED BY events_by_message " : "INDEXED BY events_by_domain ";
  } else {
    sql += index;
  }
  if (!filter.query.empty()) sql += "JOIN messages m ON m.number = e.message ";
  sql += "WHERE e.domain_id = ?1 AND e.at BETWEEN ?2 AND ?3 AND (?4 < 0 OR e.type = ?4) ";
  int bound = 4;
  const auto next = [&] { return "?" + std::to_string(++bound); };
  if (filter.message_id) {
    sql += "AND e.message = (SELECT number FROM messages WHERE id = " + next() + ") ";
  }
  if (filter.journey_id || filter.action_id) {
    // <> 0 as in the partial index messages_by_journey.
    sql += "AND e.message IN (SELECT number FROM messages WHERE journey_id <> 0";
    if (filter.journey_id) sql += " AND journey_id = " + next();
    if (filter.action_id) sql += " AND action_id = " + next();
    sql += ") ";
  }
  if (!filter.query.empty()) {
    sql += "AND egd_contains(" + next() +
           ", m.from_header, m.to_header, e.recipient, m.subject, m.id, m.tags, e.smtp_response, "
           "e.mx_host, e.url) ";
  }
  return sql;
}

void BindFilter(Query& query, const EventFilter& filter) {
  query.Bind(filter.domain_id, filter.from.value_or(std::numeric_limits<UnixMillis>::min()),
             filter.to.value_or(std::numeric_limits<UnixMillis>::max()),
             filter.type ? static_cast<int>(*filter.type) : -1);
  if (filter.message_id) query.Bind(*filter.message_id);
  if (filter.journey_id) query.Bind(*filter.journey_id);
  if (filter.action_id) query.Bind(*filter.action_id);
  if (!filter.query.empty()) query.Bind(Fold(filter.query));
}

int64_t CountMatching(Connection& connection, const EventFilter& filter) {
  Query query(connection, "SELECT count(*) " + Matching(filter));
  BindFilter(query, filter);
  query.Step();
  return query.Value<int64_t>();
}

constexpr UnixMillis kLatest = 253'402'300'799'999;  // 9999-12-31

UnixMillis PurgedBefore(Connection& connection) {
  Query query(connection, "SELECT before FROM purged_events");
  query.Step();
  return query.Value<UnixMillis>();
}

// A stretch of time and how many events in it match.
struct Stretch {
  UnixMillis first = 0, last = 0;  // both included
  int64_t events = 0;
};

Stretch CountStretch(Connection& connection, EventFilter filter, UnixMillis first,
                     UnixMillis last) {
  if (first > last) return {first, last, 0};
  filter.from = first;
  filter.to = last;
  return {first, last, CountMatching(connection, filter)};
}

// The whole time of a filter, newest first. Whole days are counted by the statistics, so that a
// total, and a page far back, cost days and not events; unless events of them may have been purged,
// or the statistics do not know what is asked.
std::vector<Stretch> Stretches(Connection& connection, const EventFilter& filter) {
  const UnixMillis from = std::clamp<UnixMillis>(filter.from.value_or(0), 0, kLatest);
  const UnixMillis to = std::clamp<UnixMillis>(filter.to.value_or(kLatest), -1, kLatest);
  const UnixMillis whole = std::max(from, PurgedBefore(connection));
  const DayRange days = {DayOf(whole + kDayMillis - 1), DayOf(to + 1) - 1};
  if (NamesMessages(filter) || !filter.query.empty() || days.first > days.last) {
    return {CountStretch(connection, filter, from, to)};
  }
  std::vector<Stretch> stretches = {
      CountStretch(connection, filter, (days.last + 1) * kDayMillis, to)};
  RollupStore rollups(connection);
  auto counts = rollups.CountByDay(filter.domain_id, days);
  for (const auto& [day, events] : rollups.CountTestsByDay(filter.domain_id, days)) {
    counts[day] += events;
  }
  for (auto day = counts.rbegin(); day != counts.rend(); ++day) {
    const UnixMillis start = day->first * kDayMillis;
    const core::EventCounts& events = day->second;
    stretches.push_back(
        {start, start + kDayMillis - 1, filter.type ? events.Of(*filter.type) : events.Total()});
  }
  stretches.push_back(CountStretch(connection, filter, from, days.first * kDayMillis - 1));
  return stretches;
}

std::vector<int64_t> ListMatching(Connection& connection, const EventFilter& filter, int64_t offset,
                                  int64_t limit) {
  Query query(connection, "SELECT e.sequence " + Matching(filter) +
                              "ORDER BY e.at DESC, e.sequence DESC LIMIT ? OFFSET ?");
  BindFilter(query, filter);
  query.Bind(limit, offset);
  std::vector<int64_t> sequences;
  while (query.Step()) sequences.push_back(query.Value<int64_t>());
  return sequences;
}

std::vector<int64_t> ListMatchingBefore(Connection& connection, EventFilter filter,
                                        EventPlace place, int64_t limit) {
  filter.to = std::min(filter.to.value_or(place.at), place.at);
  Query query(connection, "SELECT e.sequence " + Matching(filter) +
                              "AND (e.at < ? OR e.sequence < ?) "
                              "ORDER BY e.at DESC, e.sequence DESC LIMIT ?");
  BindFilter(query, filter);
  query.Bind(place.at, place.sequence, limit);
  std::vector<int64_t> sequences;
  while (query.Step()) sequences.push_back(query.Value<int64_t>());
  return sequences;
}

std::vector<int64_t> ListMatchingAfter(Connection& connection, const EventFilter& filter,
                                       int64_t sequence, int64_t last, int64_t limit) {
  Query query(connection, "SELECT e.sequence " + Matching(filter, "NOT INDEXED ") +
                              "AND e.sequence > ? AND e.sequence <= ? "
                              "ORDER BY e.sequence LIMIT ?");
  BindFilter(query, filter);
  query.Bind(sequence, last, limit);
  std::vector<int64_t> sequences;
  while (query.Step()) sequences.push_back(query.Value<int64_t>());
  return sequences;
}

std::optional<core::Event> LoadEvent(Connection& connection, int64_t sequence) {
  Query query(connection,
              "SELECT e.sequence, e.type, e.at, m.user_id, e.domain_id, m.id, e.recipient, "
              "m.from_header, m.to_header, m.subject, m.tags, m.journey_id, m.action_id, "
              "e.smtp_code, e.enhanced_code, e.smtp_response, e.mx_host, e.mx_address, e.tls, "
              "e.bounce_class, e.reason, e.url, e.client_address, e.user_agent, e.attempt, "
              "e.delivery_ms, e.source, e.reporting_server, m.is_test "
              "FROM events e JOIN messages m ON m.number = e.message WHERE e.sequence = ?");
  if (!query.Bind(sequence).Step()) return std::nullopt;
  core::Event event;
  query.Read(event.sequence);
  event.type = static_cast<core::EventType>(query.Value<int>());
  query.Read(event.at, event.user_id, event.domain_id, event.message_id, event.recipient,
             event.from, event.to, event.subject, event.tags, event.journey_id, event.action_id,
             event.smtp_code, event.enhanced_code, event.smtp_response, event.mx_host,
             event.mx_address, event.tls, event.bounce_class, event.reason, event.url,
             event.client_address, event.user_agent, event.attempt, event.delivery_ms, event.source,
             event.reporting_server, event.is_test);
  if (core::IsHit(event.type)) LoadHit(connection, event);
  return event;
}

// Of `places`, oldest first: newest first, after the first `offset`.
std::vector<core::Event> LoadNewest(Connection& connection, const std::vector<EventPlace>& places,
                                    int64_t offset, int64_t limit) {
  const int64_t end = static_cast<int64_t>(places.size()) - offset;
  std::vector<core::Event> events;
  for (int64_t i = end - 1; i >= std::max<int64_t>(0, end - limit); --i) {
    events.push_back(*LoadEvent(connection, places[static_cast<size_t>(i)].sequence));
  }
  return events;
}

EventPage SearchPage(Connection& connection, const EventFilter& filter, int64_t offset,
                     int64_t limit) {
  const std::vector<EventPlace> places = FindPlaces(connection, filter);
  EventPage page;
  page.total = static_cast<int64_t>(places.size());
  page.events = LoadNewest(connection, places, offset, limit);
  return page;
}

}  // namespace

namespace {

// The sequence follows the clock closely enough, and needs no index of its own: among the first
// `most` events, the last before `before`; whatever a wrong clock dated ahead of it is older still.
// When all of these are dated ahead, the first event behind them decides.
int64_t LastToPurge(Connection& connection, UnixMillis before, UnixMillis now, size_t most) {
  {
    Query old(connection,
              "SELECT max(iif(at < ?1, sequence, 0)), max(iif(at <= ?2, 1, 0)) FROM "
              "(SELECT sequence, at FROM events ORDER BY sequence LIMIT ?3)");
    int64_t last = 0, right = 0;
    if (old.Bind(before, now, most).Step()) old.Read(last, right);
    if (last != 0 || right != 0) return last;
  }
  Query behind(connection,
               "SELECT sequence, at FROM events WHERE at <= ? ORDER BY sequence LIMIT 1");
  int64_t sequence = 0;
  UnixMillis at = 0;
  if (behind.Bind(now).Step()) behind.Read(sequence, at);
  return at < before ? sequence : 0;
}

}  // namespace

bool IsSearch(const EventFilter& filter) {
  return !filter.query.empty() && !NamesMessages(filter);  // those have few events to read
}

std::optional<core::Event> EventStore::Find(int64_t sequence) {
  return LoadEvent(connection_, sequence);
}

EventPage EventStore::LastOfRecipients(const Uuid& message_id, int64_t offset, int64_t limit,
                                       size_t most) {
  static_assert(static_cast<int>(core::EventType::kBounce) == 4, "the last about delivery");
  constexpr const char* kNewest =
      "FROM (SELECT sequence, recipient FROM events WHERE message = "
      "(SELECT number FROM messages WHERE id = ?) AND type <= 4 ORDER BY sequence DESC LIMIT ?) ";
  EventPage page;
  {
    Query count(connection_, std::string("SELECT count(DISTINCT recipient) ") + kNewest);
    count.Bind(message_id, most).Step();
    page.total = count.Value<int64_t>();
  }
  std::vector<int64_t> sequences;
  {
    Query query(connection_, std::string("SELECT max(sequence) ") + kNewest +
                                 "GROUP BY recipient ORDER BY min(sequence) LIMIT ? OFFSET ?");
    query.Bind(message_id, most, limit, offset);
    while (query.Step()) sequences.push_back(query.Value<int64_t>());
  }
  for (const int64_t sequence : sequences) page.events.push_back(*LoadEvent(connection_, sequence));
  return page;
}

int64_t EventStore::LastSequence() {
  Query query(connection_, "SELECT coalesce(max(sequence), 0) FROM events");
  query.Step();
  return query.Value<int64_t>();
}

UnixMillis EventStore::TimeOfFirstFrom(int64_t sequence) {
  Query query(connection_, "SELECT at FROM events WHERE sequence >= ? ORDER BY sequence LIMIT 1");
  return query.Bind(sequence).Step() ? query.Value<UnixMillis>() : 0;
}

EventPage EventStore::List(const EventFilter& filter, int64_t offset, int64_t limit) {
  if (IsSearch(filter)) return SearchPage(connection_, filter, offset, limit);
  EventPage page;
  EventFilter rest = filter;
  bool skipping = true;
  for (const Stretch& stretch : Stretches(connection_, filter)) {
    page.total += stretch.events;
    skipping = skipping && offset >= stretch.events;
    if (!skipping) continue;
    offset -= stretch.events;
    rest.to = stretch.first - 1;
  }
  if (skipping) return page;
  for (const int64_t sequence : ListMatching(connection_, rest, offset, limit)) {
    page.events.push_back(*LoadEvent(connection_, sequence));
  }
  return page;
}

std::vector<core::Event> EventStore::ListBefore(const EventFilter& filter,
                                                std::optional<EventPlace> place, int64_t limit) {
  constexpr EventPlace kEnd = {std::numeric_limits<UnixMillis>::max(),
                               std::numeric_limits<int64_t>::max()};
  std::vector<core::Event> events;
  if (IsSearch(filter)) return Load(FindBefore(filter, place, static_cast<size_t>(limit)));
  for (const int64_t sequence :
       ListMatchingBefore(connection_, filter, place.value_or(kEnd), limit)) {
    events.push_back(*LoadEvent(connection_, sequence));
  }
  return events;
}

std::vector<EventPlace> EventStore::FindBefore(const EventFilter& filter,
                                               std::optional<EventPlace> place, size_t limit) {
  std::vector<EventPlace> places = FindPlaces(connection_, filter);
  if (place) {
    std::erase_if(places, [&](const EventPlace& one) {
      return std::tie(one.at, one.sequence) >= std::tie(place->at, place->sequence);
    });
  }
  std::ranges::reverse(places);
  if (places.size() > limit) places.resize(limit);
  return places;
}

std::vector<core::Event> EventStore::Load(std::span<const EventPlace> places) {
  std::vector<core::Event> events;
  for (const EventPlace& place : places) {
    if (auto event = LoadEvent(connection_, place.sequence)) events.push_back(std::move(*event));
  }
  return events;
}

std::vector<core::Event> EventStore::ListAfter(const EventFilter& filter, int64_t sequence,
                                               int64_t last, int64_t limit) {
  std::vector<core::Event> events;
  for (const int64_t found : ListMatchingAfter(connection_, filter, sequence, last, limit)) {
    events.push_back(*LoadEvent(connection_, found));
  }
  return events;
}

int64_t EventStore::Purge(UnixMillis before, UnixMillis now, size_t most) {
  // There are no more of these than of events: they are gone when the events are.
  Query(connection_, "UPDATE purged_events SET before = max(before, ?)").Bind(before).Run();
  Query(connection_,
        "DELETE FROM message_counts WHERE (day, domain_id, message) IN "
        "(SELECT day, domain_id, message FROM message_counts WHERE day < ? LIMIT ?)")
      .Bind(DayOf(before), most)
      .Run();
  Query(connection_,
        "DELETE FROM test_counts WHERE (domain_id, day, type) IN "
        "(SELECT domain_id, day, type FROM test_counts WHERE day < ? LIMIT ?)")
      .Bind(DayOf(before), most)
      .Run();
  return Query(connection_,
               "DELETE FROM events WHERE sequence <= ? AND (at < ? OR at > ?) AND sequence IN "
               "(SELECT sequence FROM events ORDER BY sequence LIMIT ?)")
      .Bind(LastToPurge(connection_, before, now, most), before, now, most)
      .Run();
}

}  // namespace egd::store
