#include "daemon/service/audience/lists.h"

#include <utility>

#include "daemon/service/accounts/ownership.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/store/list_store.h"

namespace egd::service {

Error ListNotFound() {
  return NotFound("List not found or access denied");
}

Result<int64_t> Lists::Create(int64_t user_id, const std::string& name) {
  core::SubscriberList list;
  list.user_id = user_id;
  list.name = name;
  list.created_at = clock_.Now();
  return store_.Write([&](store::Transaction& tx) -> Result<int64_t> {
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kLists, user_id);
    if (!allowed) return allowed.error();
    store::ListStore(tx).Insert(list);
    return list.id;
  });
}

Result<core::SubscriberList> Lists::Get(int64_t user_id, int64_t id) {
  return store_.Read([&](store::Connection& connection) -> Result<core::SubscriberList> {
    auto list = store::ListStore(connection).Find(user_id, id);
    if (!list) return ListNotFound();
    return std::move(*list);
  });
}

Result<core::SubscriberList> Lists::Rename(int64_t user_id, int64_t id, const std::string& name) {
  return store_.Write([&](store::Transaction& tx) -> Result<core::SubscriberList> {
    store::ListStore lists(tx);
    if (!lists.Rename(user_id, id, name)) return ListNotFound();
    return lists.Find(user_id, id).value();
  });
}

Result<std::vector<core::SubscriberList>> Lists::List(int64_t user_id) {
  return store_.Read(
      [&](store::Connection& connection) { return store::ListStore(connection).List(user_id); });
}

Result<void> Lists::Delete(int64_t user_id, const std::vector<int64_t>& ids) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    for (const int64_t id : ids) {
      if (!store::ListStore(tx).Delete(user_id, id)) return ListNotFound();
    }
    SweepSome(tx, clock_.Now());
    return {};
  });
}

}  // namespace egd::service
