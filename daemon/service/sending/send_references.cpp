#include "daemon/service/sending/send_references.h"

#include <algorithm>
#include <utility>

#include "daemon/store/journey_store.h"
#include "daemon/store/list_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/template_store.h"

namespace egd::service {
namespace {

using enum SendProblem;

class Finder {
 public:
  Finder(store::Connection& connection, int64_t user_id, SendReferences& found)
      : connection_(connection), user_id_(user_id), found_(found) {}

  SendRefusals Find(const SendIds& ids) {
    if (ids.template_id) FindTemplate(*ids.template_id);
    if (ids.target_list_id) FindTarget(*ids.target_list_id);
    if (ids.list_id && !OwnsList(*ids.list_id)) Refuse(kListInvalid, "ListID: no such list");
    if (ids.subscriber_id) FindSubscriber(*ids.subscriber_id, ids.list_id);
    if (ids.journey_id || ids.action_id) FindJourney(ids.journey_id, ids.action_id);
    return std::move(refusals_);
  }

 private:
  void Refuse(SendProblem problem, std::string text) {
    refusals_.push_back({problem, std::move(text)});
  }

  bool OwnsList(int64_t id) { return store::ListStore(connection_).Owns(user_id_, id); }

  void FindTemplate(int64_t id) {
    found_.email_template = store::TemplateStore(connection_).Find(user_id_, id);
    if (!found_.email_template) Refuse(kTemplateInvalid, "TemplateID: no such template");
  }

  void FindTarget(int64_t id) {
    if (!OwnsList(id)) return Refuse(kTargetListInvalid, "TargetListID: no such list");
    found_.target = store::ListSendStore(connection_).Measure(id);
    if (found_.target->subscribers == 0) {
      refusals_.push_back({kNoRecipients, "The list has no subscribed subscriber"});
    }
  }

  void FindSubscriber(int64_t id, std::optional<int64_t> list_id) {
    auto subscriber = store::SubscriberStore(connection_).FindAnywhere(id);
    if (!subscriber || !OwnsList(subscriber->list_id) ||
        (list_id && subscriber->list_id != *list_id)) {
      return Refuse(kSubscriberInvalid, "SubscriberID: no such subscriber");
    }
    found_.subscriber = std::move(subscriber);
  }

  void FindJourney(std::optional<int64_t> journey_id, std::optional<int64_t> action_id) {
    store::JourneyStore journeys(connection_);
    const auto id = journey_id ? journey_id : journeys.FindByAction(*action_id);
    const auto journey = id ? journeys.Find(user_id_, *id) : std::nullopt;
    if (!journey) {
      return journey_id ? Refuse(kJourneyInvalid, "JourneyID: no such journey")
                        : Refuse(kActionInvalid, "ActionID: no such action");
    }
    found_.journey_id = journey->id;
    if (!action_id) return;
    const auto& actions = journey->actions;
    if (std::ranges::find(actions, *action_id, &core::JourneyAction::id) == actions.end()) {
      Refuse(kActionInvalid, "ActionID: no such action");
    }
  }

  store::Connection& connection_;
  const int64_t user_id_;
  SendReferences& found_;
  SendRefusals refusals_;
};

}  // namespace

SendRefusals FindReferences(store::Connection& connection, int64_t user_id, const SendIds& ids,
                            SendReferences& references) {
  return Finder(connection, user_id, references).Find(ids);
}

}  // namespace egd::service
