#include "daemon/store/list_store.h"

#include "daemon/store/list_send_store.h"
#include "daemon/store/query.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, user_id, name, created_at, (SELECT count(*) FROM subscribers"
    " WHERE list_id = lists.id AND status = 'Subscribed') FROM lists";

core::SubscriberList ReadList(Query& query) {
  core::SubscriberList list;
  query.Read(list.id, list.user_id, list.name, list.created_at, list.subscriber_count);
  return list;
}

}  // namespace

std::optional<core::SubscriberList> ListStore::Find(int64_t user_id, int64_t id) {
  Query query(connection_, std::string(kSelect) + " WHERE id = ? AND user_id = ?");
  if (!query.Bind(id, user_id).Step()) return std::nullopt;
  return ReadList(query);
}

bool ListStore::Owns(int64_t user_id, int64_t id) {
  Query query(connection_, "SELECT 1 FROM lists WHERE id = ? AND user_id = ?");
  return query.Bind(id, user_id).Step();
}

std::vector<core::SubscriberList> ListStore::List(int64_t user_id) {
  Query query(connection_, std::string(kSelect) + " WHERE user_id = ? ORDER BY id");
  query.Bind(user_id);
  std::vector<core::SubscriberList> lists;
  while (query.Step()) lists.push_back(ReadList(query));
  return lists;
}

void ListStore::Insert(core::SubscriberList& list) {
  Query(connection_, "INSERT INTO lists (user_id, name, created_at) VALUES (?, ?, ?)")
      .Bind(list.user_id, list.name, list.created_at)
      .Run();
  list.id = LastInsertId(connection_);
}

bool ListStore::Rename(int64_t user_id, int64_t id, const std::string& name) {
  return Query(connection_, "UPDATE lists SET name = ? WHERE id = ? AND user_id = ?")
             .Bind(name, id, user_id)
             .Run() > 0;
}

bool ListStore::Delete(int64_t user_id, int64_t id) {
  if (!Owns(user_id, id)) return false;
  ListSendStore(connection_).EndToList(id);  // the foreign key would, but give nothing back
  Query(connection_, "DELETE FROM lists WHERE id = ?").Bind(id).Run();
  return true;
}

}  // namespace egd::store
