#include "daemon/store/hit_store.h"

#include <algorithm>
#include <limits>
#include <set>

#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/query.h"
#include "daemon/store/rollup_store.h"
#include "daemon/store/webhook_job_store.h"

namespace egd::store {
namespace {

int64_t NumberOf(Connection& connection, const Uuid& message_id) {
  Query query(connection, "SELECT number FROM messages WHERE id = ?");
  return query.Bind(message_id).Step() ? query.Value<int64_t>() : 0;
}

void AddCount(Connection& connection, const core::Event& event, int64_t field,
              const std::string& value, int change) {
  const bool click = event.type == core::EventType::kClick;
  Query(connection,
        "INSERT INTO automated_counts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "open = open + excluded.open, click = click + excluded.click")
      .Bind(event.domain_id, DayOf(event.at), field, value, click ? 0 : change, click ? change : 0)
      .Run();
}

}  // namespace

void HitStore::Append(Transaction& transaction, core::Event& event, UnixMillis window_closes_at) {
  events::Record(transaction, event);
  const int64_t message = NumberOf(connection_, event.message_id);
  {
    Query earlier(connection_,
                  "SELECT 1 FROM hits WHERE message = ? AND recipient = ? AND type = ? LIMIT 1");
    event.hit.first = !earlier.Bind(message, event.recipient, static_cast<int>(event.type)).Step();
  }
  const core::HitFacts& hit = event.hit;
  Query(connection_,
        "INSERT INTO hits (sequence, message, type, at, first, automated, told, link_index, links, "
        "recipient, method, rule) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)")
      .Bind(event.sequence, message, static_cast<int>(event.type), event.at, hit.first,
            hit.automated, hit.link_index, hit.links, event.recipient, hit.method, hit.rule)
      .Run();
  Query(connection_, "INSERT INTO hit_windows VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      .Bind(message, event.recipient, window_closes_at)
      .Run();
  if (hit.automated) Count(*EventStore(connection_).Find(event.sequence), 1);
}

Delivered HitStore::FindDelivery(const Uuid& message_id, const std::string& recipient) {
  static_assert(static_cast<int>(core::EventType::kDelivery) == 3, "as in events_delivered");
  Query query(connection_,
              "SELECT at, mx_host FROM events INDEXED BY events_delivered "
              "WHERE message = ? AND recipient = ? AND type = 3 ORDER BY sequence DESC LIMIT 1");
  Delivered delivered;
  if (query.Bind(NumberOf(connection_, message_id), recipient).Step()) {
    query.Read(delivered.at, delivered.mx_host);
  }
  return delivered;
}

HitPlace HitStore::JournalPlace() {
  Query query(connection_, "SELECT file, offset FROM hit_journal");
  HitPlace place;
  if (query.Step()) query.Read(place.file, place.offset);
  return place;
}

void HitStore::SetJournalPlace(HitPlace place) {
  Query(connection_, "UPDATE hit_journal SET file = ?, offset = ?")
      .Bind(place.file, place.offset)
      .Run();
}

std::vector<HitWindow> HitStore::ListClosed(UnixMillis now, size_t most) {
  Query query(connection_,
              "SELECT message, recipient, closes_at FROM hit_windows WHERE closes_at <= ? "
              "ORDER BY closes_at LIMIT ?");
  query.Bind(now, most);
  std::vector<HitWindow> windows;
  while (query.Step()) {
    HitWindow& window = windows.emplace_back();
    query.Read(window.message, window.recipient, window.closes_at);
  }
  return windows;
}

UnixMillis HitStore::NextClose() {
  return OneInteger(connection_, "SELECT min(closes_at) FROM hit_windows");
}

std::vector<core::Event> HitStore::ListOf(const HitWindow& window, UnixMillis since, size_t most) {
  return ListBetween(window, since, std::numeric_limits<UnixMillis>::max(), most);
}

std::vector<core::Event> HitStore::ListAround(const core::Event& event, UnixMillis span,
                                              size_t most) {
  const HitWindow window{NumberOf(connection_, event.message_id), event.recipient};
  return ListBetween(window, event.at - span, event.at + span, most);
}

std::vector<core::Event> HitStore::ListBetween(const HitWindow& window, UnixMillis first,
                                               UnixMillis last, size_t most) {
  std::vector<int64_t> sequences;
  {
    Query query(connection_,
                "SELECT sequence FROM hits WHERE message = ? AND recipient = ? "
                "AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?");
    query.Bind(window.message, window.recipient, first, last, most);
    while (query.Step()) sequences.push_back(query.Value<int64_t>());
  }
  std::vector<core::Event> events;
  for (const int64_t sequence : sequences) {
    if (auto event = EventStore(connection_).Find(sequence)) events.push_back(*std::move(event));
  }
  std::reverse(events.begin(), events.end());
  return events;
}

void HitStore::Close(Transaction& transaction, const HitWindow& window) {
  struct Untold {
    int64_t sequence, domain_id;
    core::EventType type;
  };
  std::vector<Untold> untold;
  {
    Query query(connection_,
                "SELECT h.sequence, e.domain_id, h.type FROM hits h JOIN events e USING (sequence) "
                "WHERE h.message = ? AND h.recipient = ? AND h.told = 0 ORDER BY h.sequence");
    query.Bind(window.message, window.recipient);
    while (query.Step()) {
      Untold& one = untold.emplace_back();
      query.Read(one.sequence, one.domain_id);
      one.type = static_cast<core::EventType>(query.Value<int>());
    }
  }
  for (const Untold& one : untold) {
    AddWebhookJobs(transaction, one.domain_id, one.type, one.sequence, window.message);
    Query(connection_, "UPDATE hits SET told = 1 WHERE sequence = ?").Bind(one.sequence).Run();
  }
  Query(connection_, "DELETE FROM hit_windows WHERE message = ? AND recipient = ?")
      .Bind(window.message, window.recipient)
      .Run();
}

std::vector<HitWindow> HitStore::ListWithHits(UnixMillis since, const HitWindow& after,
                                              size_t most) {
  Query query(connection_,
              "SELECT DISTINCT message, recipient FROM hits WHERE (message, recipient) > (?, ?) "
              "AND at >= ? ORDER BY message, recipient LIMIT ?");
  query.Bind(after.message, after.recipient, since, most);
  std::vector<HitWindow> windows;
  while (query.Step()) {
    HitWindow& window = windows.emplace_back();
    query.Read(window.message, window.recipient);
  }
  return windows;
}

void HitStore::SetVerdict(const core::Event& event, bool automated, const std::string& rule) {
  if (event.hit.automated == automated && event.hit.rule == rule) return;
  Query(connection_, "UPDATE hits SET automated = ?, rule = ? WHERE sequence = ?")
      .Bind(automated, rule, event.sequence)
      .Run();
  if (event.hit.automated != automated) Count(event, automated ? 1 : -1);
}

void HitStore::Count(const core::Event& event, int change) {
  if (event.is_test) return;
  AddCount(connection_, event, 0, {}, change);
  for (const std::string& tag : std::set(event.tags.begin(), event.tags.end())) {
    AddCount(connection_, event, static_cast<int>(CountedField::kTag), tag, change);
  }
}

void HitStore::KeepLink(const Uuid& message_id, const std::string& digest, const std::string& url) {
  Query(connection_,
        "INSERT INTO tracked_links (message, digest, url) "
        "SELECT number, ?2, ?3 FROM messages WHERE id = ?1 ON CONFLICT DO NOTHING")
      .Bind(message_id, AsBlob{digest}, url)
      .Run();
}

std::optional<std::string> HitStore::FindLink(const Uuid& message_id, const std::string& digest) {
  Query query(connection_,
              "SELECT url FROM tracked_links WHERE digest = ?2 AND "
              "message = (SELECT number FROM messages WHERE id = ?1)");
  if (!query.Bind(message_id, AsBlob{digest}).Step()) return std::nullopt;
  return query.Value<std::string>();
}

void LoadHit(Connection& connection, core::Event& event) {
  Query query(connection,
              "SELECT first, automated, link_index, links, method, rule FROM hits "
              "WHERE sequence = ?");
  if (!query.Bind(event.sequence).Step()) return;
  core::HitFacts& hit = event.hit;
  query.Read(hit.first, hit.automated, hit.link_index, hit.links, hit.method, hit.rule);
}

}  // namespace egd::store
