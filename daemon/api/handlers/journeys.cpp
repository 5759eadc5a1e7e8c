#include "daemon/api/handlers/journeys.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/audience/journeys.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using core::Journey;
using core::JourneyAction;
using service::Journeys;

constexpr size_t kMaxActions = 1000;
constexpr size_t kMaxNameBytes = 255;

Json JourneyJson(const Journey& journey) {
  Json actions = Json::array();
  for (const JourneyAction& action : journey.actions) {
    actions.push_back({{"ActionID", action.id}, {"Name", action.name}});
  }
  return {{"JourneyID", journey.id},
          {"Name", journey.name},
          {"CreatedAt", FormatDateTime(journey.created_at)},
          {"Actions", std::move(actions)}};
}

std::optional<JourneyAction> ReadAction(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  JourneyAction action;
  for (const auto& [key, value] : json.items()) {
    if (EqualsIgnoreCase(key, "ActionID") && value.is_number_integer()) {
      action.id = value.get<int64_t>();
    } else if (EqualsIgnoreCase(key, "ActionID") && value.is_string()) {
      action.id = ParseInteger(value.get_ref<const std::string&>()).value_or(-1);
    } else if (EqualsIgnoreCase(key, "Name") && value.is_string()) {
      action.name = value.get<std::string>();
    } else if (EqualsIgnoreCase(key, "ActionID") || EqualsIgnoreCase(key, "Name")) {
      return std::nullopt;
    }
  }
  const bool good_name = !action.name.empty() && action.name.size() <= kMaxNameBytes &&
                         IsUtf8(action.name) && !HasControl(action.name);
  if (!good_name || action.id < 0) return std::nullopt;
  return action;
}

// Nothing when it is not a list of {ActionID?, Name}.
std::optional<std::vector<JourneyAction>> ReadActions(const Json& json) {
  std::vector<JourneyAction> actions;
  if (json.is_null()) return actions;
  if (!json.is_array() || json.size() > kMaxActions) return std::nullopt;
  for (const Json& entry : json) {
    auto action = ReadAction(entry);
    if (!action) return std::nullopt;
    actions.push_back(std::move(*action));
  }
  return actions;
}

Failure FailWith(const Call& call, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, Cause::kJourneyNotFound)
                                            : Fail(call, error);
}

Outcome Create(Journeys& journeys, const Call& call) {
  auto actions = ReadActions(call.arguments.Json("Actions"));
  if (!actions) return Fail(call, Cause::kActionsInvalid);
  Journey journey;
  journey.user_id = call.caller.user_id;
  journey.name = call.arguments.String("Name");
  journey.actions = std::move(*actions);
  const auto created = journeys.Create(std::move(journey));
  if (!created) return Fail(call, created.error());
  return Json{{"JourneyID", created->id}, {"Journey", JourneyJson(*created)}};
}

Outcome Get(Journeys& journeys, const Call& call) {
  const auto journey = journeys.Get(call.caller.user_id, call.arguments.Integer("JourneyID"));
  if (!journey) return FailWith(call, journey.error());
  return Json{{"Journey", JourneyJson(*journey)}};
}

Outcome List(Journeys& journeys, const Call& call) {
  const auto found = journeys.List(call.caller.user_id);
  if (!found) return Fail(call, found.error());
  Json list = Json::array();
  for (const Journey& journey : *found) list.push_back(JourneyJson(journey));
  return Json{{"TotalJourneys", found->size()}, {"Journeys", std::move(list)}};
}

Outcome Delete(Journeys& journeys, const Call& call) {
  const auto ids = IdList(call, "Journeys");
  if (!ids) return Malformed("Journeys must be a list of JourneyIDs");
  const auto deleted = journeys.Delete(call.caller.user_id, *ids);
  if (!deleted) return FailWith(call, deleted.error());
  return Json::object();
}

Outcome UpdateActions(Journeys& journeys, const Call& call) {
  auto actions = ReadActions(call.arguments.Json("Actions"));
  if (!actions) return Fail(call, Cause::kActionsInvalid);
  const auto journey = journeys.ReplaceActions(
      call.caller.user_id, call.arguments.Integer("JourneyID"), std::move(*actions));
  if (!journey && journey.error().kind == ErrorKind::kConflict) {
    return Fail(call, Cause::kActionNotFound);
  }
  if (!journey) return FailWith(call, journey.error());
  return Json{{"Journey", JourneyJson(*journey)}};
}

}  // namespace

void AddJourneyHandlers(Handlers& handlers, Journeys& journeys) {
  Bind(handlers, journeys, "journey.create", Create);
  Bind(handlers, journeys, "journey.get", Get);
  Bind(handlers, journeys, "journey.list", List);
  Bind(handlers, journeys, "journeys.delete", Delete);
  Bind(handlers, journeys, "journey.actions.update", UpdateActions);
}

}  // namespace egd::api
