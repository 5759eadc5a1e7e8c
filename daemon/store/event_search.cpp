#include "daemon/store/event_search.h"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

#include "daemon/store/query.h"
#include "daemon/store/search_index.h"
#include "daemon/store/text_search.h"

namespace egd::store {
namespace {

constexpr int64_t kMostUnindexed = 100'000;  // read in some 0.3 s

struct Search {
  int64_t domain_id = 0;
  int type = -1;  // any
  UnixMillis from = 0, to = 0;
  std::string folded;
};

using Places = std::vector<EventPlace>;

void ReadPlaces(Query& query, Places& places) {
  while (query.Step()) {
    EventPlace& place = places.emplace_back();
    query.Read(place.at, place.sequence);
  }
}

// All of the domain's events from `since` on.
void Scan(Connection& connection, const Search& search, UnixMillis since, Places& places) {
  Query query(connection,
              "SELECT e.at, e.sequence FROM events e INDEXED BY events_by_domain "
              "CROSS JOIN messages m ON m.number = e.message "
              "WHERE e.domain_id = ? AND e.at BETWEEN ? AND ? AND (?4 < 0 OR e.type = ?4) "
              "AND egd_contains(?, m.from_header, m.to_header, e.recipient, "
              "m.subject, m.id, m.tags, e.smtp_response, e.mx_host, e.url)");
  query.Bind(search.domain_id, std::max(search.from, since), search.to, search.type, search.folded);
  ReadPlaces(query, places);
}

// When the oldest of the domain's newest kShortQueryEvents was.
UnixMillis ShortQuerySince(Connection& connection, const Search& search) {
  Query query(connection,
              "SELECT at FROM events WHERE domain_id = ? AND at BETWEEN ? AND ? "
              "ORDER BY at DESC LIMIT 1 OFFSET ?");
  query.Bind(search.domain_id, search.from, search.to, kShortQueryEvents - 1);
  return query.Step() ? query.Value<UnixMillis>() : search.from;
}

// Numbers of messages: indexed, or read.
std::vector<int64_t> FindMessages(Connection& connection, const Search& search,
                                  const SearchMark& mark) {
  auto numbers = FindNumbers(connection, SearchKind::kMessages, search.domain_id, search.folded);
  Query query(connection,
              "SELECT number FROM messages WHERE number > ? AND domain_id = ? "
              "AND egd_contains(?, from_header, to_header, subject, id, tags)");
  query.Bind(mark.message, search.domain_id, search.folded);
  while (query.Step()) numbers.push_back(query.Value<int64_t>());
  return numbers;
}

void AddEventsOf(Connection& connection, const Search& search, int64_t message, Places& places) {
  Query query(connection,
              "SELECT at, sequence FROM events INDEXED BY events_by_message "
              "WHERE domain_id = ? AND at BETWEEN ? AND ? AND (?4 < 0 OR type = ?4) "
              "AND message = ?");
  query.Bind(search.domain_id, search.from, search.to, search.type, message);
  ReadPlaces(query, places);
}

void AddEvent(Connection& connection, const Search& search, int64_t sequence, Places& places) {
  Query query(connection,
              "SELECT at, sequence FROM events WHERE domain_id = ? AND at BETWEEN ? AND ? "
              "AND (?4 < 0 OR type = ?4) AND sequence = ?");
  query.Bind(search.domain_id, search.from, search.to, search.type, sequence);
  ReadPlaces(query, places);
}

// Those that are not indexed, by what they add to their messages.
void AddUnindexed(Connection& connection, const Search& search, const SearchMark& mark,
                  Places& places) {
  Query query(connection,
              "SELECT at, sequence FROM events NOT INDEXED "
              "WHERE domain_id = ? AND at BETWEEN ? AND ? AND (?4 < 0 OR type = ?4) "
              "AND sequence > ? AND egd_contains(?, recipient, smtp_response, mx_host, url)");
  query.Bind(search.domain_id, search.from, search.to, search.type, mark.event, search.folded);
  ReadPlaces(query, places);
}

// A message's number can be given again once all messages are purged: the index is rebuilt then.
bool IsOfUse(Connection& connection, const SearchMark& mark) {
  const int64_t message = OneInteger(connection, "SELECT max(number) FROM messages");
  const int64_t event = OneInteger(connection, "SELECT max(sequence) FROM events");
  return message >= mark.message && event - mark.event <= kMostUnindexed;
}

void Find(Connection& connection, const Search& search, Places& places) {
  if (CountCharacters(search.folded) < kLeastCharacters) {
    return Scan(connection, search, ShortQuerySince(connection, search), places);
  }
  const SearchMark mark = ReadMark(connection);
  if (!IsOfUse(connection, mark)) return Scan(connection, search, search.from, places);
  for (const int64_t message : FindMessages(connection, search, mark)) {
    AddEventsOf(connection, search, message, places);
  }
  for (const int64_t sequence :
       FindNumbers(connection, SearchKind::kEvents, search.domain_id, search.folded)) {
    AddEvent(connection, search, sequence, places);
  }
  AddUnindexed(connection, search, mark, places);
}

}  // namespace

std::vector<EventPlace> FindPlaces(Connection& connection, const EventFilter& filter) {
  Search search;
  search.domain_id = filter.domain_id;
  if (filter.type) search.type = static_cast<int>(*filter.type);
  search.from = filter.from.value_or(std::numeric_limits<UnixMillis>::min());
  search.to = filter.to.value_or(std::numeric_limits<UnixMillis>::max());
  search.folded = Fold(filter.query);
  Places places;
  Find(connection, search, places);
  // An event may have the text in itself and in its message.
  const auto key = [](const EventPlace& place) { return std::tuple(place.at, place.sequence); };
  std::ranges::sort(places, {}, key);
  const auto same = [](const auto& a, const auto& b) { return a.sequence == b.sequence; };
  places.erase(std::unique(places.begin(), places.end(), same), places.end());
  return places;
}

}  // namespace egd::store
