#include "daemon/store/attempt_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

Attempt ReadAttempt(Query& query) {
  Attempt attempt;
  query.Read(attempt.recipient_id, attempt.at, attempt.address, attempt.rule, attempt.dialogue);
  return attempt;
}

}  // namespace

void AttemptStore::Put(const Uuid& message_id, const Attempt& attempt) {
  Query(connection_,
        "INSERT INTO attempts (recipient, message, at, address, rule, dialogue) "
        "SELECT ?, number, ?, ?, ?, ? FROM messages WHERE id = ? "
        "ON CONFLICT (recipient) DO UPDATE SET message = excluded.message, at = excluded.at, "
        "address = excluded.address, rule = excluded.rule, dialogue = excluded.dialogue")
      .Bind(attempt.recipient_id, attempt.at, attempt.address, attempt.rule, attempt.dialogue,
            message_id)
      .Run();
}

std::vector<Attempt> AttemptStore::ListByMessage(const Uuid& message_id, UnixMillis since,
                                                 size_t most) {
  Query query(connection_,
              "SELECT recipient, at, address, rule, dialogue FROM attempts "
              "WHERE message = (SELECT number FROM messages WHERE id = ?) AND at >= ? "
              "ORDER BY recipient LIMIT ?");
  query.Bind(message_id, since, most);
  std::vector<Attempt> attempts;
  while (query.Step()) attempts.push_back(ReadAttempt(query));
  return attempts;
}

std::optional<Attempt> AttemptStore::Find(int64_t recipient_id) {
  Query query(connection_,
              "SELECT recipient, at, address, rule, dialogue FROM attempts WHERE recipient = ?");
  query.Bind(recipient_id);
  if (!query.Step()) return std::nullopt;
  return ReadAttempt(query);
}

std::optional<Attempt> AttemptStore::FindByAddress(const Uuid& message_id,
                                                   const std::string& address) {
  Query query(connection_,
              "SELECT recipient, at, address, rule, dialogue FROM attempts "
              "WHERE message = (SELECT number FROM messages WHERE id = ?) "
              "AND address = ? COLLATE NOCASE ORDER BY recipient DESC LIMIT 1");
  query.Bind(message_id, address);
  if (!query.Step()) return std::nullopt;
  return ReadAttempt(query);
}

int64_t AttemptStore::ForgetDialogues(UnixMillis before, size_t most) {
  return Query(connection_,
               "UPDATE attempts SET dialogue = '' WHERE recipient IN "
               "(SELECT recipient FROM attempts WHERE at < ? AND dialogue <> '' "
               "ORDER BY at LIMIT ?)")
      .Bind(before, most)
      .Run();
}

}  // namespace egd::store
