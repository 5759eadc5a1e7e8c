// Reading the event log: what happened to every message, newest last, numbered by a sequence that
// is never reused. Events are written by events.h. From, to, subject, tags, journey and action are
// kept once with the message and joined on reading.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Every set field narrows.
struct EventFilter {
  int64_t domain_id = 0;  // required
  std::optional<core::EventType> type = {};
  std::optional<Uuid> message_id = {};
  std::optional<int64_t> journey_id = {}, action_id = {};
  std::optional<UnixMillis> from = {}, to = {};  // both ends included
  // A substring, without case (Unicode simple folding), of from, to, recipient, subject, message
  // ID, a tag, SMTP response, MX host or URL. Empty: any.
  std::string query = {};
};

// Whether finding what matches costs a search of all (ListBefore finds the others step by step).
bool IsSearch(const EventFilter& filter);

// An event's place in the order of time.
struct EventPlace {
  UnixMillis at = 0;
  int64_t sequence = 0;
};

struct EventPage {
  std::vector<core::Event> events;  // newest first
  int64_t total = 0;                // of all pages
  int64_t last_sequence = 0;        // LastSequence() when asked, not filled by the store
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class EventStore {
 public:
  explicit EventStore(Connection& connection) : connection_(connection) {}

  std::optional<core::Event> Find(int64_t sequence);
  // The newest event about the delivery to each recipient of a message, in the order of their first
  // ones; `total` counts the recipients. Looks at the newest `most` events.
  EventPage LastOfRecipients(const Uuid& message_id, int64_t offset, int64_t limit, size_t most);
  int64_t LastSequence();                        // 0: there are no events
  UnixMillis TimeOfFirstFrom(int64_t sequence);  // of the first with this or a later sequence, or 0
  // The total of whole days comes from the statistics, which count a transaction's own events at
  // its commit: record in another job.
  EventPage List(const EventFilter& filter, int64_t offset, int64_t limit);
  // Newest first, those before `place`, or the newest of all: as cheap however far back.
  std::vector<core::Event> ListBefore(const EventFilter& filter, std::optional<EventPlace> place,
                                      int64_t limit);
  // As ListBefore for a filter with a query that names no message: only where the events are, since
  // finding some of them costs as much as finding all.
  std::vector<EventPlace> FindBefore(const EventFilter& filter, std::optional<EventPlace> place,
                                     size_t limit);
  // The events there, in this order, but for those purged since.
  std::vector<core::Event> Load(std::span<const EventPlace> places);
  // Oldest first by sequence, those after `sequence` up to `last`: reads every event of the gateway
  // in between, so keep them near each other.
  std::vector<core::Event> ListAfter(const EventFilter& filter, int64_t sequence, int64_t last,
                                     int64_t limit);
  // Deletes events before `before`, oldest first, at most `most`, and with them those among them
  // that a wrong clock dated after `now`. Returns how many: call again in another job until 0.
  int64_t Purge(UnixMillis before, UnixMillis now, size_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
