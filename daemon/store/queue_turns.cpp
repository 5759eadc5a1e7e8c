#include "daemon/store/queue_turns.h"

#include <limits>
#include <string>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

// Of a queue without recipients.
constexpr UnixMillis kNever = std::numeric_limits<UnixMillis>::max();

// The expression is the one of index recipients_due.
UnixMillis FirstDueIn(Connection& connection, int64_t queue) {
  Query query(connection,
              "SELECT max(next_attempt_at, lease_until) FROM recipients WHERE queue = ? "
              "ORDER BY max(next_attempt_at, lease_until) LIMIT 1");
  return query.Bind(queue).Step() ? query.Value<UnixMillis>() : kNever;
}

// A domain's mail waits while it is not Enabled, or its user is disabled.
constexpr const char* kOfSenders =
    "FROM queues q CROSS JOIN domains d ON d.id = q.domain_id JOIN users u ON u.id = d.user_id "
    "WHERE d.status = 'Enabled' AND u.enabled AND u.deleted = 0 ";

}  // namespace

int64_t QueueToFill(Connection& connection, int64_t domain_id, UnixMillis due) {
  int64_t queue = 0;
  UnixMillis first_due = kNever;
  {
    Query known(connection, "SELECT id, first_due_at FROM queues WHERE domain_id = ?");
    if (known.Bind(domain_id).Step()) known.Read(queue, first_due);
  }
  if (queue == 0) {
    Query opened(connection,
                 "INSERT INTO queues (domain_id, first_due_at) VALUES (?, ?) RETURNING id");
    opened.Bind(domain_id, due).Step();
    return opened.Value<int64_t>();
  }
  if (due < first_due) {
    Query(connection, "UPDATE queues SET first_due_at = ? WHERE id = ?").Bind(due, queue).Run();
  }
  return queue;
}

void Reschedule(Connection& connection, int64_t queue) {
  Query(connection, "UPDATE queues SET first_due_at = ?1 WHERE id = ?2 AND first_due_at <> ?1")
      .Bind(FirstDueIn(connection, queue), queue)
      .Run();
}

void EndTurn(Connection& connection, int64_t queue, UnixMillis now) {
  const UnixMillis first_due = FirstDueIn(connection, queue);
  const UnixMillis served_at = first_due <= now ? now : 0;  // 0: it has nothing to stand behind for
  Query(connection, "UPDATE queues SET first_due_at = ?, served_at = ? WHERE id = ?")
      .Bind(first_due, served_at, queue)
      .Run();
}

std::vector<QueueTurn> ListTurns(Connection& connection, UnixMillis now, size_t most,
                                 const std::vector<int64_t>& without) {
  std::string users;
  for (const int64_t user : without) users += (users.empty() ? "" : ", ") + std::to_string(user);
  Query query(connection, std::string("SELECT q.id, u.id ") + kOfSenders + "AND u.id NOT IN (" +
                              users +
                              ") AND max(q.first_due_at, q.served_at) <= ? "
                              "ORDER BY max(q.first_due_at, q.served_at), q.served_at LIMIT ?");
  query.Bind(now, most);
  std::vector<QueueTurn> turns;
  while (query.Step()) {
    QueueTurn& turn = turns.emplace_back();
    query.Read(turn.queue, turn.user_id);
  }
  return turns;
}

UnixMillis FirstDue(Connection& connection) {
  Query query(connection, std::string("SELECT q.first_due_at ") + kOfSenders +
                              "ORDER BY max(q.first_due_at, q.served_at), q.served_at LIMIT 1");
  const UnixMillis due = query.Step() ? query.Value<UnixMillis>() : kNever;
  return due == kNever ? 0 : due;
}

int64_t CloseQueue(Connection& connection, int64_t domain_id) {
  Query query(connection, "DELETE FROM queues WHERE domain_id = ? RETURNING id");
  return query.Bind(domain_id).Step() ? query.Value<int64_t>() : 0;
}

}  // namespace egd::store
