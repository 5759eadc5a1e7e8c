#include "daemon/store/queue_store.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "daemon/store/list_send_store.h"
#include "daemon/store/query.h"

namespace egd::store {
namespace {

// A row as Settle needs it, with the message's number beside the public facts.
struct Row {
  QueuedRecipient recipient;
  int64_t message = 0;
};

std::optional<Row> FindRow(Connection& connection, int64_t id) {
  Query query(connection,
              "SELECT r.id, m.id, r.domain_id, m.user_id, r.address, r.destination, r.attempts, "
              "r.next_attempt_at, r.lease_until, m.accepted_at, m.send_at, r.message "
              "FROM recipients r JOIN messages m ON m.number = r.message WHERE r.id = ?");
  query.Bind(id);
  if (!query.Step()) return std::nullopt;
  Row row;
  QueuedRecipient& r = row.recipient;
  query.Read(r.id, r.message_id, r.domain_id, r.user_id, r.address, r.destination, r.attempts,
             r.next_attempt_at, r.lease_until, r.accepted_at, r.send_at, row.message);
  return row;
}

constexpr const char* kQueuedColumns =
    "SELECT r.id, m.id, r.domain_id, m.user_id, r.address, r.destination, r.attempts, "
    "r.next_attempt_at, r.lease_until, m.accepted_at, m.send_at "
    "FROM recipients r JOIN messages m ON m.number = r.message ";

QueuedRecipient ReadQueued(Query& query) {
  QueuedRecipient r;
  query.Read(r.id, r.message_id, r.domain_id, r.user_id, r.address, r.destination, r.attempts,
             r.next_attempt_at, r.lease_until, r.accepted_at, r.send_at);
  return r;
}

UnixMillis AcceptedAt(Connection& connection, int64_t recipient_id) {
  Query query(connection, std::string(kQueuedColumns) + "WHERE r.id = ?");
  query.Bind(recipient_id);
  return query.Step() ? ReadQueued(query).accepted_at : 0;
}

// The columns of a grouped row: destination, count, least id.
DestinationDepth ReadDepth(Connection& connection, Query& query) {
  DestinationDepth depth;
  int64_t first = 0;
  query.Read(depth.destination, depth.recipients, first);
  depth.oldest_at = AcceptedAt(connection, first);
  return depth;
}

std::vector<core::DueRecipient> ListDue(Connection& connection, int64_t domain_id, size_t most,
                                        UnixMillis now) {
  // Due is when both instants have passed: the expression is the one of index recipients_due.
  Query query(
      connection,
      "SELECT r.id, m.id, r.address, r.destination, r.attempts, m.accepted_at, "
      "m.expires_at, r.subscriber_id FROM recipients r JOIN messages m ON m.number = r.message "
      "WHERE r.domain_id = ? AND max(r.next_attempt_at, r.lease_until) <= ? "
      "ORDER BY max(r.next_attempt_at, r.lease_until), r.id LIMIT ?");
  query.Bind(domain_id, now, most);
  std::vector<core::DueRecipient> due;
  while (query.Step()) {
    core::DueRecipient& r = due.emplace_back();
    query.Read(r.id, r.message_id, r.address, r.destination, r.attempts, r.accepted_at,
               r.expires_at, r.subscriber_id);
    r.sender_domain_id = domain_id;
  }
  return due;
}

// A domain that has mail due.
struct Source {
  int64_t domain_id = 0;
  int64_t user_id = 0;
  bool exhausted = false;
};

int64_t NextDomain(Connection& connection, int64_t after) {
  Query query(connection,
              "SELECT domain_id FROM recipients WHERE domain_id > ? ORDER BY domain_id LIMIT 1");
  return query.Bind(after).Step() ? query.Value<int64_t>() : 0;
}

UnixMillis FirstDue(Connection& connection, int64_t domain_id) {
  Query query(connection,
              "SELECT max(next_attempt_at, lease_until) FROM recipients WHERE domain_id = ? "
              "ORDER BY max(next_attempt_at, lease_until) LIMIT 1");
  return query.Bind(domain_id).Step() ? query.Value<UnixMillis>() : 0;
}

// The user whose mail the domain sends; 0: it may not now, and its mail waits.
int64_t SendingUser(Connection& connection, int64_t domain_id) {
  Query query(connection,
              "SELECT u.id FROM domains d JOIN users u ON u.id = d.user_id "
              "WHERE d.id = ? AND d.status = 'Enabled' AND u.enabled");
  return query.Bind(domain_id).Step() ? query.Value<int64_t>() : 0;
}

// One round of the circle that begins after `turn`, at most kMostSources domains of it.
// `turn` becomes the last one looked at.
std::vector<Source> ListSources(Connection& connection, UnixMillis now, int64_t& turn) {
  std::vector<Source> sources;
  const int64_t begin = turn;
  bool wrapped = false;
  int64_t domain = turn;
  for (size_t seen = 0; seen < QueueStore::kMostSources; ++seen) {
    domain = NextDomain(connection, domain);
    if (domain == 0 && !std::exchange(wrapped, true)) domain = NextDomain(connection, 0);
    if (domain == 0 || (wrapped && domain > begin)) break;
    turn = domain;
    if (FirstDue(connection, domain) > now) continue;
    if (const int64_t user = SendingUser(connection, domain)) sources.push_back({domain, user});
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

void SetLease(Connection& connection, int64_t id, UnixMillis until) {
  Query(connection, "UPDATE recipients SET lease_until = ? WHERE id = ?").Bind(until, id).Run();
}

void Defer(Connection& connection, int64_t id, UnixMillis next_attempt_at) {
  Query(connection,
        "UPDATE recipients SET attempts = attempts + 1, next_attempt_at = ?, lease_until = 0 "
        "WHERE id = ?")
      .Bind(next_attempt_at, id)
      .Run();
}

bool HasRecipients(Connection& connection, int64_t domain_id, int64_t message) {
  Query query(connection, "SELECT 1 FROM recipients WHERE domain_id = ? AND message = ? LIMIT 1");
  return query.Bind(domain_id, message).Step();
}

void Finish(Connection& connection, const Row& row, UnixMillis at) {
  Query(connection, "DELETE FROM recipients WHERE id = ?").Bind(row.recipient.id).Run();
  if (HasRecipients(connection, row.recipient.domain_id, row.message)) return;
  Query(connection, "INSERT OR IGNORE INTO finished_messages (finished_at, message) VALUES (?, ?)")
      .Bind(at, row.message)
      .Run();
}

std::vector<int64_t> ListOfDomain(Connection& connection, int64_t domain_id, int64_t last,
                                  size_t most) {
  Query query(connection, "SELECT id FROM recipients WHERE domain_id = ? AND id <= ? LIMIT ?");
  query.Bind(domain_id, last, most);
  std::vector<int64_t> ids;
  while (query.Step()) ids.push_back(query.Value<int64_t>());
  return ids;
}

}  // namespace

std::vector<core::DueRecipient> QueueStore::Claim(size_t most, UnixMillis now,
                                                  UnixMillis lease_until, int64_t* turn) {
  int64_t looked_at = turn == nullptr ? 0 : *turn;
  std::vector<Source> sources = ListSources(connection_, now, looked_at);
  int64_t served = looked_at;
  std::vector<core::DueRecipient> claimed;
  for (bool progress = true; progress && claimed.size() < most;) {
    progress = false;
    const std::vector<size_t> shares = Shares(sources, most - claimed.size());
    for (size_t i = 0; i < sources.size() && claimed.size() < most; ++i) {
      if (sources[i].exhausted) continue;
      const size_t share = std::min(shares[i], most - claimed.size());
      auto due = ListDue(connection_, sources[i].domain_id, share, now);
      sources[i].exhausted = due.size() < share;
      progress = progress || !due.empty();
      if (!due.empty()) served = sources[i].domain_id;
      for (const auto& recipient : due) SetLease(connection_, recipient.id, lease_until);
      std::move(due.begin(), due.end(), std::back_inserter(claimed));
    }
  }
  if (turn != nullptr) *turn = claimed.size() == most ? served : looked_at;
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
      Finish(connection_, *row, outcome.at);
      break;
  }
  return std::move(row->recipient);
}

void QueueStore::Release(const std::vector<int64_t>& ids) {
  for (const int64_t id : ids) SetLease(connection_, id, 0);
}

void QueueStore::ReleaseAll() {
  Query(connection_, "UPDATE recipients SET lease_until = 0 WHERE lease_until <> 0").Run();
}

void QueueStore::Postpone(const std::vector<int64_t>& ids, UnixMillis until) {
  for (const int64_t id : ids) SetLease(connection_, id, until);
}

// The domains are named so that the index by domain and destination serves.
int64_t QueueStore::MakeDue(const std::string& destination, UnixMillis now, bool retry,
                            size_t most) {
  return Query(connection_,
               "UPDATE recipients SET lease_until = 0, next_attempt_at = "
               "CASE WHEN ? AND attempts > 0 THEN min(next_attempt_at, ?) ELSE next_attempt_at END "
               "WHERE id IN (SELECT id FROM recipients WHERE domain_id IN (SELECT id FROM domains) "
               "AND destination = ? "
               "AND (lease_until > ? OR (? AND attempts > 0 AND next_attempt_at > ?)) LIMIT ?)")
      .Bind(retry, now, destination, now, retry, now, most)
      .Run();
}

std::vector<QueuedRecipient> QueueStore::ListByMessage(int64_t domain_id, const Uuid& message_id,
                                                       size_t most) {
  Query query(connection_, std::string(kQueuedColumns) +
                               "WHERE r.domain_id = ? AND r.message = "
                               "(SELECT number FROM messages WHERE id = ?) ORDER BY r.id LIMIT ?");
  query.Bind(domain_id, message_id, most);
  std::vector<QueuedRecipient> rows;
  while (query.Step()) rows.push_back(ReadQueued(query));
  return rows;
}

std::vector<DestinationDepth> QueueStore::Depths(size_t most) {
  // The inner one counts in the order of an index; grouping all rows by destination alone would
  // sort them in memory, a quarter of a gigabyte for five million.
  Query query(
      connection_,
      "SELECT destination, sum(depth), min(oldest) FROM (SELECT destination, "
      "count(*) AS depth, min(id) AS oldest FROM recipients GROUP BY domain_id, destination) "
      "GROUP BY destination ORDER BY 2 DESC, destination LIMIT ?");
  query.Bind(most);
  std::vector<DestinationDepth> depths;
  while (query.Step()) depths.push_back(ReadDepth(connection_, query));
  return depths;
}

DestinationDepth QueueStore::DepthOf(const std::string& destination) {
  Query query(
      connection_,
      "SELECT destination, count(*), min(id) FROM recipients "
      "WHERE domain_id IN (SELECT id FROM domains) AND destination = ? GROUP BY destination");
  query.Bind(destination);
  DestinationDepth none;
  none.destination = destination;
  return query.Step() ? ReadDepth(connection_, query) : none;
}

void QueueStore::SetPaused(const std::string& destination, UnixMillis at) {
  Query(connection_, "INSERT OR IGNORE INTO paused_destinations (destination, at) VALUES (?, ?)")
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
  UnixMillis next = 0;
  for (int64_t domain = NextDomain(connection_, 0); domain != 0;
       domain = NextDomain(connection_, domain)) {
    if (SendingUser(connection_, domain) == 0) continue;
    const UnixMillis due = FirstDue(connection_, domain);
    next = next == 0 ? due : std::min(next, due);
  }
  return next;
}

std::optional<QueuedRecipient> QueueStore::Find(int64_t id) {
  std::optional<Row> row = FindRow(connection_, id);
  if (!row) return std::nullopt;
  return std::move(row->recipient);
}

int64_t QueueStore::Count() {
  Query query(connection_, "SELECT count(*) FROM recipients");
  query.Step();
  return query.Value<int64_t>();
}

int64_t QueueStore::CountByDomain(int64_t domain_id) {
  Query query(connection_, "SELECT count(*) FROM recipients WHERE domain_id = ?");
  query.Bind(domain_id).Step();
  return query.Value<int64_t>();
}

bool QueueStore::HasRecipients(int64_t domain_id, const Uuid& message_id) {
  Query query(connection_,
              "SELECT 1 FROM recipients WHERE domain_id = ? AND "
              "message = (SELECT number FROM messages WHERE id = ?) LIMIT 1");
  return query.Bind(domain_id, message_id).Step();
}

UnixMillis QueueStore::OldestAcceptedAt() {
  Query query(connection_,
              "SELECT m.accepted_at FROM recipients r JOIN messages m ON m.number = r.message "
              "ORDER BY r.id LIMIT 1");
  return query.Step() ? query.Value<UnixMillis>() : 0;
}

int64_t QueueStore::LastId() {
  Query query(connection_, "SELECT ifnull(max(id), 0) FROM recipients");
  query.Step();
  return query.Value<int64_t>();
}

std::vector<QueuedRecipient> QueueStore::DropSome(int64_t domain_id, int64_t last, size_t most,
                                                  UnixMillis now) {
  std::vector<QueuedRecipient> dropped;
  for (const int64_t id : ListOfDomain(connection_, domain_id, last, most)) {
    std::optional<Row> row = FindRow(connection_, id);
    Finish(connection_, *row, now);
    dropped.push_back(std::move(row->recipient));
  }
  return dropped;
}

int64_t QueueStore::DropDomain(int64_t domain_id, UnixMillis now) {
  ListSendStore(connection_).EndOfDomain(domain_id);
  Query(connection_,
        "INSERT OR IGNORE INTO finished_messages (finished_at, message) "
        "SELECT DISTINCT ?, message FROM recipients WHERE domain_id = ?")
      .Bind(now, domain_id)
      .Run();
  return Query(connection_, "DELETE FROM recipients WHERE domain_id = ?").Bind(domain_id).Run();
}

}  // namespace egd::store
