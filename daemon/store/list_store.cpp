#include "daemon/store/list_store.h"

#include "daemon/store/list_send_store.h"
#include "daemon/store/query.h"
#include "daemon/store/sweep_store.h"

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
  Query query(connection_, std::string(kSelect) + " WHERE id = ? AND user_id = ? AND deleted = 0");
  if (!query.Bind(id, user_id).Step()) return std::nullopt;
  return ReadList(query);
}

bool ListStore::Owns(int64_t user_id, int64_t id) {
  Query query(connection_, "SELECT 1 FROM lists WHERE id = ? AND user_id = ? AND deleted = 0");
  return query.Bind(id, user_id).Step();
}

std::vector<core::SubscriberList> ListStore::List(int64_t user_id) {
  Query query(connection_, std::string(kSelect) + " WHERE user_id = ? AND deleted = 0 ORDER BY id");
  query.Bind(user_id);
  std::vector<core::SubscriberList> lists;
  while (query.Step()) lists.push_back(ReadList(query));
  return lists;
}

void ListStore::Insert(core::SubscriberList& list) {
  list.id = Query(connection_,
                  "INSERT INTO lists (user_id, name, created_at) VALUES (?, ?, ?) RETURNING id")
                .Bind(list.user_id, list.name, list.created_at)
                .Returned();
}

bool ListStore::Rename(int64_t user_id, int64_t id, const std::string& name) {
  return Query(connection_,
               "UPDATE lists SET name = ? WHERE id = ? AND user_id = ? AND deleted = 0")
             .Bind(name, id, user_id)
             .Run() > 0;
}

bool ListStore::Delete(int64_t user_id, int64_t id) {
  if (!Owns(user_id, id)) return false;
  ListSendStore(connection_).EndToList(id);
  Query(connection_, "UPDATE lists SET deleted = 1 WHERE id = ?").Bind(id).Run();
  SweepStore(connection_).Add({SweepKind::kList, id});
  return true;
}

size_t ListStore::DeletePart(int64_t id, size_t most) {
  const int64_t subscribers = Query(connection_,
                                    "DELETE FROM subscribers WHERE id IN "
                                    "(SELECT id FROM subscribers WHERE list_id = ? LIMIT ?)")
                                  .Bind(id, most)
                                  .Run();
  if (static_cast<size_t>(subscribers) < most) {
    Query(connection_, "DELETE FROM lists WHERE id = ?").Bind(id).Run();
  }
  return static_cast<size_t>(subscribers);
}

}  // namespace egd::store
