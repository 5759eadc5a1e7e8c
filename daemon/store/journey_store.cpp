#include "daemon/store/journey_store.h"

#include <set>

#include "daemon/store/query.h"

namespace egd::store {

std::vector<core::JourneyAction> JourneyStore::ListActions(int64_t journey_id) {
  Query query(connection_,
              "SELECT id, name FROM journey_actions WHERE journey_id = ? ORDER BY position");
  query.Bind(journey_id);
  std::vector<core::JourneyAction> actions;
  while (query.Step()) {
    auto& action = actions.emplace_back();
    query.Read(action.id, action.name);
  }
  return actions;
}

std::optional<core::Journey> JourneyStore::Find(int64_t user_id, int64_t id) {
  Query query(connection_, "SELECT name, created_at FROM journeys WHERE id = ? AND user_id = ?");
  if (!query.Bind(id, user_id).Step()) return std::nullopt;
  core::Journey journey;
  journey.id = id;
  journey.user_id = user_id;
  query.Read(journey.name, journey.created_at);
  journey.actions = ListActions(id);
  return journey;
}

std::optional<int64_t> JourneyStore::FindByAction(int64_t action_id) {
  Query query(connection_, "SELECT journey_id FROM journey_actions WHERE id = ?");
  if (!query.Bind(action_id).Step()) return std::nullopt;
  return query.Value<int64_t>();
}

std::vector<core::Journey> JourneyStore::List(int64_t user_id) {
  Query query(connection_,
              "SELECT id, name, created_at FROM journeys WHERE user_id = ? ORDER BY id");
  query.Bind(user_id);
  std::vector<core::Journey> journeys;
  while (query.Step()) {
    auto& journey = journeys.emplace_back();
    journey.user_id = user_id;
    query.Read(journey.id, journey.name, journey.created_at);
    journey.actions = ListActions(journey.id);
  }
  return journeys;
}

void JourneyStore::Insert(core::Journey& journey) {
  journey.id =
      Query(connection_,
            "INSERT INTO journeys (user_id, name, created_at) VALUES (?, ?, ?) RETURNING id")
          .Bind(journey.user_id, journey.name, journey.created_at)
          .Returned();
  ReplaceActions(journey.id, journey.actions);
}

bool JourneyStore::ReplaceActions(int64_t journey_id, std::vector<core::JourneyAction>& actions) {
  std::set<int64_t> going;
  for (const auto& action : ListActions(journey_id)) going.insert(action.id);
  const std::set<int64_t> known = going;
  for (const auto& action : actions) {
    if (action.id != 0 && going.erase(action.id) == 0) return false;
  }
  for (const int64_t id : going) {
    Query(connection_, "DELETE FROM journey_actions WHERE id = ?").Bind(id).Run();
  }
  for (size_t position = 0; position < actions.size(); ++position) {
    auto& action = actions[position];
    if (known.contains(action.id)) {
      Query(connection_, "UPDATE journey_actions SET position = ?, name = ? WHERE id = ?")
          .Bind(position, action.name, action.id)
          .Run();
    } else {
      action.id = Query(connection_,
                        "INSERT INTO journey_actions (journey_id, position, name) VALUES (?, ?, ?) "
                        "RETURNING id")
                      .Bind(journey_id, position, action.name)
                      .Returned();
    }
  }
  return true;
}

bool JourneyStore::Delete(int64_t user_id, int64_t id) {
  return Query(connection_, "DELETE FROM journeys WHERE id = ? AND user_id = ?")
             .Bind(id, user_id)
             .Run() > 0;
}

}  // namespace egd::store
