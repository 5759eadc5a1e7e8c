#include "daemon/store/list_send_store.h"

#include <algorithm>

#include "daemon/store/query.h"

namespace egd::store {

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
  // Its content waits for clean-up from now on, which comes true when the send and all recipients
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
                "l.reserved FROM list_sends l JOIN messages m ON m.number = l.message "
                "WHERE max(m.accepted_at, m.send_at) <= ? "
                "ORDER BY l.message <= ?, l.message LIMIT 1");
    if (!query.Bind(now, after).Step()) return std::nullopt;
    query.Read(due.number, id, due.send.list_id, due.send.last_subscriber_id,
               due.send.up_to_subscriber_id, due.send.reserved);
  }
  due.message = MessageStore(connection_).Find(id).value();
  return due;
}

UnixMillis ListSendStore::NextDueAt() {
  Query query(connection_,
              "SELECT coalesce(min(max(m.accepted_at, m.send_at)), 0) FROM list_sends l "
              "JOIN messages m ON m.number = l.message");
  return query.Step() ? query.Value<UnixMillis>() : 0;
}

void ListSendStore::Advance(const DueListSend& due, const std::vector<NewRecipient>& recipients) {
  MessageStore(connection_).AddRecipients(due.number, due.message, recipients);
  Query(connection_, "UPDATE list_sends SET last_subscriber_id = ?, reserved = ? WHERE message = ?")
      .Bind(due.send.last_subscriber_id, due.send.reserved, due.number)
      .Run();
}

void ListSendStore::Delete(int64_t number) {
  Query(connection_, "DELETE FROM list_sends WHERE message = ?").Bind(number).Run();
}

}  // namespace egd::store
