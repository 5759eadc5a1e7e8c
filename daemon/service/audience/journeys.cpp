#include "daemon/service/audience/journeys.h"

#include <utility>

#include "daemon/service/accounts/ownership.h"
#include "daemon/store/journey_store.h"

namespace egd::service {
namespace {

Error JourneyNotFound() {
  return NotFound("Journey not found or access denied");
}

}  // namespace

Result<core::Journey> Journeys::Create(core::Journey journey) {
  journey.created_at = clock_.Now();
  for (auto& action : journey.actions) action.id = 0;
  return store_.Write([&](store::Transaction& tx) -> Result<core::Journey> {
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kJourneys, journey.user_id);
    if (!allowed) return allowed.error();
    store::JourneyStore(tx).Insert(journey);
    return journey;
  });
}

Result<core::Journey> Journeys::Get(int64_t user_id, int64_t id) {
  return store_.Read([&](store::Connection& connection) -> Result<core::Journey> {
    auto journey = store::JourneyStore(connection).Find(user_id, id);
    if (!journey) return JourneyNotFound();
    return std::move(*journey);
  });
}

Result<std::vector<core::Journey>> Journeys::List(int64_t user_id) {
  return store_.Read(
      [&](store::Connection& connection) { return store::JourneyStore(connection).List(user_id); });
}

Result<void> Journeys::Delete(int64_t user_id, const std::vector<int64_t>& ids) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    for (const int64_t id : ids) {
      if (!store::JourneyStore(tx).Delete(user_id, id)) return JourneyNotFound();
    }
    return {};
  });
}

Result<core::Journey> Journeys::ReplaceActions(int64_t user_id, int64_t id,
                                               std::vector<core::JourneyAction> actions) {
  return store_.Write([&](store::Transaction& tx) -> Result<core::Journey> {
    store::JourneyStore journeys(tx);
    auto journey = journeys.Find(user_id, id);
    if (!journey) return JourneyNotFound();
    if (!journeys.ReplaceActions(id, actions)) {
      return Conflict("An ActionID is not one of this journey's");
    }
    journey->actions = std::move(actions);
    return std::move(*journey);
  });
}

}  // namespace egd::service
