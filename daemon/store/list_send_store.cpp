#include "daemon/store/list_send_store.h"

#include <algorithm>

#include "daemon/store/query.h"
#include "daemon/store/usage_store.h"

namespace egd::store {
namespace {

void RefundReserved(Connection& connection, int64_t number) {
  int64_t user_id = 0, reserved = 0;
  UnixMillis accepted_at = 0;
  {
    Query query(connection,
                "SELECT m.user_id, m.accepted_at, l.reserved FROM list_sends l "
                "JOIN messages m ON m.number = l.message WHERE l.message = ? AND NOT m.is_test");
    if (query.Bind(number).Step()) query.Read(user_id, accepted_at, reserved);
  }
  if (reserved != 0) UsageStore(connection).AddSent(user_id, accepted_at, -reserved);
}

std::vector<int64_t> ListNumbers(Connection& connection, std::string_view select, int64_t id) {
  Query query(connection, select);
  query.Bind(id);
  std::vector<int64_t> numbers;
  while (query.Step()) numbers.push_back(query.Value<int64_t>());
  return numbers;
}

}  // namespace

ListExtent ListSendStore::Measure(int64_t list_id) {
  Query query(connection_,
              "SELECT count(*), coalesce(max(id), 0) FROM subscribers "
              "WHERE list_id = ? AND status = 'Subscribed'");
  ListExtent extent;
  if (query.Bind(list_id).Step()) query.Read(extent.subscribers, extent.up_to_subscriber_id);
  return extent;
}

void ListSendStore::Insert(const core::Message& message, const std::string& content,
                           const ListSend& send) {
  const int64_t number = MessageStore(connection_).InsertWithoutRecipients(message, content);
  Query(connection_,
        "INSERT INTO list_sends (message, domain_id, list_id, last_subscriber_id, "
        "up_to_subscriber_id, reserved) VALUES (?, ?, ?, ?, ?, ?)")
      .Bind(number, message.domain_id, send.list_id, send.last_subscriber_id,
            send.up_to_subscriber_id, send.reserved)
      .Run();
  // Its content waits for clean-up from now on, which takes effect when the send and all recipients
  // are gone: also when it never gets any, or the list is deleted under it.
  Query(connection_, "INSERT INTO finished_messages (finished_at, message) VALUES (?, ?)")
      .Bind(std::max(message.accepted_at, message.send_at), number)
      .Run();
}

std::optional<DueListSend> ListSendStore::NextDue(UnixMillis now, int64_t after) {
  DueListSend due;
  Uuid id;
  {
    Query query(connection_,
                "SELECT l.message, m.id, l.list_id, l.last_subscriber_id, l.up_to_subscriber_id, "
                "l.reserved, l.cancelled FROM list_sends l "
                "JOIN messages m ON m.number = l.message "
                "JOIN lists s ON s.id = l.list_id AND s.deleted = 0 "
                "WHERE (l.cancelled OR max(m.accepted_at, m.send_at) <= ?) "
                "ORDER BY l.message <= ?, l.message LIMIT 1");
    if (!query.Bind(now, after).Step()) return std::nullopt;
    query.Read(due.number, id, due.send.list_id, due.send.last_subscriber_id,
               due.send.up_to_subscriber_id, due.send.reserved, due.send.cancelled);
  }
  due.message = MessageStore(connection_).Find(id).value();
  return due;
}

UnixMillis ListSendStore::NextDueAt() {
  Query query(connection_,
              "SELECT coalesce(min(CASE WHEN l.cancelled THEN m.accepted_at "
              "ELSE max(m.accepted_at, m.send_at) END), 0) FROM list_sends l "
              "JOIN messages m ON m.number = l.message "
              "JOIN lists s ON s.id = l.list_id AND s.deleted = 0");
  return query.Step() ? query.Value<UnixMillis>() : 0;
}

void ListSendStore::Advance(const DueListSend& due, const std::vector<NewRecipient>& recipients) {
  MessageStore(connection_).AddRecipients(due.number, due.message, recipients);
  Query(connection_, "UPDATE list_sends SET last_subscriber_id = ?, reserved = ? WHERE message = ?")
      .Bind(due.send.last_subscriber_id, due.send.reserved, due.number)
      .Run();
}

void ListSendStore::End(int64_t number) {
  RefundReserved(connection_, number);
  Query(connection_, "DELETE FROM list_sends WHERE message = ?").Bind(number).Run();
}

int64_t ListSendStore::Cancel(const Uuid& message_id) {
  Query query(connection_,
              "UPDATE list_sends SET cancelled = 1 WHERE cancelled = 0 AND message = "
              "(SELECT number FROM messages WHERE id = ?) RETURNING reserved");
  return query.Bind(message_id).Step() ? query.Value<int64_t>() : 0;
}

int64_t ListSendStore::Pending(const Uuid& message_id) {
  Query query(connection_,
              "SELECT reserved FROM list_sends WHERE cancelled = 0 AND message = "
              "(SELECT number FROM messages WHERE id = ?)");
  return query.Bind(message_id).Step() ? query.Value<int64_t>() : 0;
}

void ListSendStore::GiveUp(int64_t number) {
  Query(connection_,
        "UPDATE messages SET send_at = 0 WHERE number = ? AND send_at > 0 AND EXISTS "
        "(SELECT 1 FROM list_sends WHERE message = number AND last_subscriber_id = 0)")
      .Bind(number)
      .Run();
  End(number);
}

void ListSendStore::EndOfDomain(int64_t domain_id) {
  constexpr std::string_view kOfDomain = "SELECT message FROM list_sends WHERE domain_id = ?";
  for (const int64_t number : ListNumbers(connection_, kOfDomain, domain_id)) GiveUp(number);
}

void ListSendStore::EndToList(int64_t list_id) {
  constexpr std::string_view kToList = "SELECT message FROM list_sends WHERE list_id = ?";
  for (const int64_t number : ListNumbers(connection_, kToList, list_id)) GiveUp(number);
}

}  // namespace egd::store
