#include "daemon/store/queue_store.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "daemon/store/list_send_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_turns.h"

namespace egd::store {

// A row as Settle needs it, with the numbers of message and queue beside the public facts.
struct QueuedRow {
  QueuedRecipient recipient;
  int64_t message = 0;
  int64_t queue = 0;
};

namespace {

using Row = QueuedRow;

// The lease of what is not due before its destination is resumed.
constexpr UnixMillis kHeld = std::numeric_limits<UnixMillis>::max();

constexpr const char* kSelect =
    "SELECT r.id, m.id, m.domain_id, m.user_id, r.address, r.destination, r.attempts, "
    "r.next_attempt_at, r.lease_until, m.accepted_at, m.send_at, r.message, r.queue "
    "FROM recipients r JOIN messages m ON m.number = r.message ";
// Without it also those of closed queues.
constexpr const char* kInOpenQueue = "JOIN queues q ON q.id = r.queue ";

Row ReadRow(Query& query) {
  Row row;
  QueuedRecipient& r = row.recipient;
  query.Read(r.id, r.message_id, r.domain_id, r.user_id, r.address, r.destination, r.attempts,
             r.next_attempt_at, r.lease_until, r.accepted_at, r.send_at, row.message, row.queue);
  return row;
}

std::optional<Row> FindRow(Connection& connection, int64_t id) {
  Query query(connection, std::string(kSelect) + kInOpenQueue + "WHERE r.id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return ReadRow(query);
}

UnixMillis AcceptedAt(Connection& connection, int64_t id) {
  const std::optional<Row> row = FindRow(connection, id);
  return row ? row->recipient.accepted_at : 0;
}

// The columns of a grouped row: destination, count, least id.
DestinationDepth ReadDepth(Connection& connection, Query& query) {
  DestinationDepth depth;
  int64_t first = 0;
  query.Read(depth.destination, depth.recipients, first);
  depth.oldest_at = AcceptedAt(connection, first);
  return depth;
}

std::vector<core::DueRecipient> ListDue(Connection& connection, int64_t queue, size_t most,
                                        UnixMillis now) {
  // Due is when both instants have passed: the expression is the one of index recipients_due.
  Query query(connection,
              "SELECT r.id, m.id, r.address, r.destination, r.attempts, m.accepted_at, "
              "m.expires_at, r.subscriber_id, m.domain_id, m.is_test FROM recipients r "
              "JOIN messages m ON m.number = r.message "
              "WHERE r.queue = ? AND max(r.next_attempt_at, r.lease_until) <= ? "
              "ORDER BY max(r.next_attempt_at, r.lease_until), r.id LIMIT ?");
  query.Bind(queue, now, most);
  std::vector<core::DueRecipient> due;
  while (query.Step()) {
    core::DueRecipient& r = due.emplace_back();
    query.Read(r.id, r.message_id, r.address, r.destination, r.attempts, r.accepted_at,
               r.expires_at, r.subscriber_id, r.sender_domain_id, r.is_test);
  }
  return due;
}

// A queue that has mail due.
struct Source {
  int64_t queue = 0;
  int64_t user_id = 0;
  bool served = false;
  bool exhausted = false;
};

std::vector<Source> ListSources(Connection& connection, UnixMillis now,
                                const std::vector<int64_t>& without) {
  std::vector<Source> sources;
  for (const QueueTurn& turn : ListTurns(connection, now, QueueStore::kMostSources, without)) {
    sources.push_back({turn.queue, turn.user_id});
  }
  return sources;
}

// How many of `most` each source that is not exhausted may have now: users share equally, and so do
// a user's domains.
std::vector<size_t> Shares(const std::vector<Source>& sources, size_t most) {
  std::map<int64_t, size_t> domains_of;  // of users with something left
  for (const Source& source : sources) {
    if (!source.exhausted) ++domains_of[source.user_id];
  }
  std::vector<size_t> shares;
  for (const Source& source : sources) {
    const auto domains = domains_of.find(source.user_id);
    const size_t parts = domains == domains_of.end() ? 1 : domains_of.size() * domains->second;
    shares.push_back(std::max<size_t>(most / parts, 1));
  }
  return shares;
}

// Returns the recipient's queue; 0: it is not there.
int64_t SetLease(Connection& connection, int64_t id, Lease lease) {
  Query query(connection,
              "UPDATE recipients SET lease_until = ?, lease_owner = ? WHERE id = ? "
              "RETURNING queue");
  return query.Bind(lease.until, lease.owner, id).Step() ? query.Value<int64_t>() : 0;
}

void SetLeases(Connection& connection, const std::vector<int64_t>& ids, Lease lease) {
  std::set<int64_t> queues;
  for (const int64_t id : ids) queues.insert(SetLease(connection, id, lease));
  for (const int64_t queue : queues) Reschedule(connection, queue);
}

// The rows of a statement that returns the queues of what it changed. Returns how many rows.
int64_t RescheduleAll(Connection& connection, Query& changed) {
  int64_t rows = 0;
  std::set<int64_t> queues;
  for (; changed.Step(); ++rows) queues.insert(changed.Value<int64_t>());
  for (const int64_t queue : queues) Reschedule(connection, queue);
  return rows;
}

void Defer(Connection& connection, int64_t id, UnixMillis next_attempt_at) {
  Query(connection,
        "UPDATE recipients SET attempts = attempts + 1, next_attempt_at = ?, lease_until = 0, "
        "lease_owner = 0 WHERE id = ?")
      .Bind(next_attempt_at, id)
      .Run();
}

bool HasRecipients(Connection& connection, int64_t message) {
  Query query(connection, "SELECT 1 FROM recipients WHERE message = ? LIMIT 1");
  return query.Bind(message).Step();
}

void Finish(Connection& connection, int64_t id, int64_t message, UnixMillis at) {
  Query(connection, "DELETE FROM recipients WHERE id = ?").Bind(id).Run();
  if (HasRecipients(connection, message)) return;
  Query(connection,
        "INSERT INTO finished_messages (finished_at, message) VALUES (?, ?) "
        "ON CONFLICT DO NOTHING")
      .Bind(at, message)
      .Run();
}

}  // namespace

std::vector<core::DueRecipient> QueueStore::Claim(size_t most, UnixMillis now, Lease lease,
                                                  const std::vector<int64_t>& without) {
  std::vector<Source> sources = ListSources(connection_, now, without);
  std::vector<core::DueRecipient> claimed;
  for (bool progress = true; progress && claimed.size() < most;) {
    progress = false;
    const std::vector<size_t> shares = Shares(sources, most - claimed.size());
    for (size_t i = 0; i < sources.size() && claimed.size() < most; ++i) {
      if (sources[i].exhausted) continue;
      const size_t share = std::min(shares[i], most - claimed.size());
      auto due = ListDue(connection_, sources[i].queue, share, now);
      sources[i].exhausted = due.size() < share;
      sources[i].served = sources[i].served || !due.empty();
      progress = progress || !due.empty();
      for (auto& recipient : due) {
        recipient.user_id = sources[i].user_id;
        SetLease(connection_, recipient.id, lease);
      }
      std::move(due.begin(), due.end(), std::back_inserter(claimed));
    }
  }
  for (const Source& source : sources) {
    if (source.served) EndTurn(connection_, source.queue, now);
  }
  return claimed;
}

std::optional<QueuedRecipient> QueueStore::Settle(const core::DeliveryOutcome& outcome) {
  std::optional<Row> row = FindRow(connection_, outcome.recipient_id);
  if (!row) return std::nullopt;
  switch (outcome.disposition) {
    case core::Disposition::kDeferred:
      Defer(connection_, outcome.recipient_id, outcome.next_attempt_at);
      break;
    case core::Disposition::kDelivered:
    case core::Disposition::kBounced:
      Finish(connection_, outcome.recipient_id, row->message, outcome.at);
      break;
  }
  Reschedule(connection_, row->queue);
  return std::move(row->recipient);
}

void QueueStore::Release(const std::vector<int64_t>& ids) {
  SetLeases(connection_, ids, Lease());
}

void QueueStore::Postpone(const std::vector<int64_t>& ids, UnixMillis until) {
  SetLeases(connection_, ids, {0, until});
}

// The pause is read where it ends: what comes too late for the MakeDue after it is due at once.
void QueueStore::Hold(const std::vector<int64_t>& ids) {
  std::set<int64_t> queues;
  for (const int64_t id : ids) {
    Query query(connection_,
                "UPDATE recipients SET lease_owner = 0, lease_until = CASE WHEN destination IN "
                "(SELECT destination FROM paused_destinations) THEN ? ELSE 0 END WHERE id = ? "
                "RETURNING queue");
    if (query.Bind(kHeld, id).Step()) queues.insert(query.Value<int64_t>());
  }
  for (const int64_t queue : queues) Reschedule(connection_, queue);
}

bool QueueStore::HasHeld(const std::string& destination) {
  Query query(connection_,
              "SELECT 1 FROM recipients WHERE destination = ? AND lease_until = ? LIMIT 1");
  return query.Bind(destination, kHeld).Step();
}

void QueueStore::Renew(const std::vector<int64_t>& ids, Lease lease) {
  std::set<int64_t> queues;
  for (const int64_t id : ids) {
    Query query(connection_,
                "UPDATE recipients SET lease_until = ?1 "
                "WHERE id = ?2 AND lease_owner = ?3 AND lease_until < ?1 RETURNING queue");
    if (query.Bind(lease.until, id, lease.owner).Step()) queues.insert(query.Value<int64_t>());
  }
  for (const int64_t queue : queues) Reschedule(connection_, queue);
}

void QueueStore::ReleaseAllBut(int64_t owner) {
  Query query(connection_,
              "UPDATE recipients SET lease_until = 0, lease_owner = 0 "
              "WHERE lease_until <> 0 AND lease_owner <> ? AND (lease_until <> ? OR "
              "destination NOT IN (SELECT destination FROM paused_destinations)) RETURNING queue");
  query.Bind(owner, kHeld);
  RescheduleAll(connection_, query);
}

int64_t QueueStore::MakeDue(const std::string& destination, UnixMillis now, bool retry,
                            size_t most) {
  Query query(
      connection_,
      "UPDATE recipients SET lease_until = 0, next_attempt_at = "
      "CASE WHEN ?1 AND attempts > 0 THEN min(next_attempt_at, ?2) ELSE next_attempt_at END "
      "WHERE id IN (SELECT id FROM recipients WHERE destination = ?3 AND lease_owner = 0 "
      "AND EXISTS (SELECT 1 FROM queues WHERE queues.id = recipients.queue) "
      "AND (lease_until > ?2 OR (?1 AND attempts > 0 AND next_attempt_at > ?2)) LIMIT ?4) "
      "RETURNING queue");
  query.Bind(retry, now, destination, most);
  return RescheduleAll(connection_, query);
}

std::vector<QueuedRecipient> QueueStore::ListByMessage(int64_t domain_id, const Uuid& message_id,
                                                       size_t most) {
  Query query(connection_, std::string(kSelect) + kInOpenQueue +
                               "WHERE r.message = (SELECT number FROM messages WHERE id = ?) "
                               "AND q.domain_id = ? ORDER BY r.id LIMIT ?");
  query.Bind(message_id, domain_id, most);
  std::vector<QueuedRecipient> rows;
  while (query.Step()) rows.push_back(ReadRow(query).recipient);
  return rows;
}

std::vector<QueuedRecipient> QueueStore::TakeWaiting(const Uuid& message_id, size_t most,
                                                     UnixMillis now) {
  std::vector<Row> rows;
  {
    Query query(connection_, std::string(kSelect) + kInOpenQueue +
                                 "WHERE r.message = (SELECT number FROM messages WHERE id = ?) "
                                 "AND r.lease_owner = 0 ORDER BY r.id LIMIT ?");
    query.Bind(message_id, most);
    while (query.Step()) rows.push_back(ReadRow(query));
  }
  return Take(std::move(rows), now);
}

std::vector<QueuedRecipient> QueueStore::TakeWaiting(const std::vector<int64_t>& ids,
                                                     UnixMillis now) {
  std::vector<Row> rows;
  for (const int64_t id : ids) {
    Query query(connection_,
                std::string(kSelect) + kInOpenQueue + "WHERE r.id = ? AND r.lease_owner = 0");
    if (query.Bind(id).Step()) rows.push_back(ReadRow(query));
  }
  return Take(std::move(rows), now);
}

std::vector<QueuedRecipient> QueueStore::Take(std::vector<Row> rows, UnixMillis now) {
  std::vector<QueuedRecipient> taken;
  std::set<int64_t> queues;
  for (Row& row : rows) {
    Finish(connection_, row.recipient.id, row.message, now);
    queues.insert(row.queue);
    taken.push_back(std::move(row.recipient));
  }
  for (const int64_t queue : queues) Reschedule(connection_, queue);
  return taken;
}

MovedRecipients QueueStore::SetDue(const Uuid& message_id, UnixMillis at, int64_t after,
                                   size_t most) {
  std::set<int64_t> queues;
  MovedRecipients moved;
  int64_t last = 0;
  {
    Query query(connection_,
                "UPDATE recipients SET next_attempt_at = ?1, lease_until = 0 WHERE id IN "
                "(SELECT r.id FROM recipients r JOIN queues q ON q.id = r.queue "
                "WHERE r.message = (SELECT number FROM messages WHERE id = ?2) "
                "AND r.lease_owner = 0 AND r.id > ?3 ORDER BY r.id LIMIT ?4) RETURNING queue, id");
    query.Bind(at, message_id, after, most);
    for (; query.Step(); ++moved.count) {
      int64_t queue = 0, id = 0;
      query.Read(queue, id);
      queues.insert(queue);
      last = std::max(last, id);
    }
  }
  for (const int64_t queue : queues) Reschedule(connection_, queue);
  if (size_t(moved.count) == most) moved.last_id = last;
  return moved;
}

std::vector<DestinationDepth> QueueStore::Depths(size_t most) {
  // Counts in the order of the index: sorting all rows would take memory for them.
  Query query(connection_,
              "SELECT destination, count(*), min(id) FROM recipients r "
              "INDEXED BY recipients_by_destination "
              "WHERE EXISTS (SELECT 1 FROM queues q WHERE q.id = r.queue) "
              "GROUP BY destination ORDER BY 2 DESC, destination LIMIT ?");
  query.Bind(most);
  std::vector<DestinationDepth> depths;
  while (query.Step()) depths.push_back(ReadDepth(connection_, query));
  return depths;
}

DestinationDepth QueueStore::DepthOf(const std::string& destination) {
  Query query(connection_,
              "SELECT destination, count(*), min(id) FROM recipients r WHERE destination = ? "
              "AND EXISTS (SELECT 1 FROM queues q WHERE q.id = r.queue) GROUP BY destination");
  query.Bind(destination);
  DestinationDepth none;
  none.destination = destination;
  return query.Step() ? ReadDepth(connection_, query) : none;
}

void QueueStore::SetPaused(const std::string& destination, UnixMillis at) {
  Query(connection_,
        "INSERT INTO paused_destinations (destination, at) VALUES (?, ?) "
        "ON CONFLICT DO NOTHING")
      .Bind(destination, at)
      .Run();
}

bool QueueStore::ClearPaused(const std::string& destination) {
  return Query(connection_, "DELETE FROM paused_destinations WHERE destination = ?")
             .Bind(destination)
             .Run() > 0;
}

std::vector<std::string> QueueStore::ListPaused() {
  Query query(connection_, "SELECT destination FROM paused_destinations ORDER BY destination");
  std::vector<std::string> paused;
  while (query.Step()) paused.push_back(query.Value<std::string>());
  return paused;
}

UnixMillis QueueStore::NextDue() {
  return FirstDue(connection_);
}

std::optional<QueuedRecipient> QueueStore::Find(int64_t id) {
  std::optional<Row> row = FindRow(connection_, id);
  if (!row) return std::nullopt;
  return std::move(row->recipient);
}

int64_t QueueStore::Count() {
  return OneInteger(connection_,
                    "SELECT count(*) FROM queues q CROSS JOIN recipients r ON r.queue = q.id");
}

int64_t QueueStore::CountByDomain(int64_t domain_id) {
  Query query(connection_,
              "SELECT count(*) FROM recipients "
              "WHERE queue = (SELECT id FROM queues WHERE domain_id = ?)");
  query.Bind(domain_id).Step();
  return query.Value<int64_t>();
}

bool QueueStore::HasRecipients(const Uuid& message_id) {
  Query query(connection_, std::string("SELECT 1 FROM recipients r ") + kInOpenQueue +
                               "WHERE r.message = (SELECT number FROM messages WHERE id = ?) "
                               "LIMIT 1");
  return query.Bind(message_id).Step();
}

UnixMillis QueueStore::OldestAcceptedAt() {
  Query query(connection_,
              "SELECT m.accepted_at FROM recipients r JOIN messages m ON m.number = r.message "
              "ORDER BY r.id LIMIT 1");
  return query.Step() ? query.Value<UnixMillis>() : 0;
}

int64_t QueueStore::Close(int64_t domain_id) {
  ListSendStore(connection_).EndOfDomain(domain_id);
  return CloseQueue(connection_, domain_id);
}

int64_t QueueStore::CountClosed(int64_t queue) {
  Query query(connection_, "SELECT count(*) FROM recipients WHERE queue = ?");
  query.Bind(queue).Step();
  return query.Value<int64_t>();
}

std::vector<QueuedRecipient> QueueStore::DropClosed(int64_t queue, size_t most, UnixMillis now) {
  std::vector<Row> rows;
  {
    Query query(connection_, std::string(kSelect) + "WHERE r.queue = ? LIMIT ?");
    query.Bind(queue, most);
    while (query.Step()) rows.push_back(ReadRow(query));
  }
  std::vector<QueuedRecipient> dropped;
  std::set<int64_t> scheduled;
  for (Row& row : rows) {
    Finish(connection_, row.recipient.id, row.message, now);
    if (row.recipient.send_at > now) scheduled.insert(row.message);
    dropped.push_back(std::move(row.recipient));
  }
  for (const int64_t message : scheduled) {  // no more
    Query(connection_, "UPDATE messages SET send_at = 0 WHERE number = ?").Bind(message).Run();
  }
  return dropped;
}

}  // namespace egd::store
