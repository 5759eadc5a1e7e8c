#include "daemon/api/handlers/events.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/event_json.h"
#include "daemon/service/event_log.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using service::EventForm;
using service::EventLog;

std::optional<core::EventType> Type(const catalogue::Arguments& arguments) {
  return core::ParseEventType(
      arguments.String("Event"));  // the catalogue's choices let only events in
}

Outcome Reply(EventLog& events, const Call& call, const store::EventFilter& filter,
              EventForm form) {
  const Result<store::EventPage> page =
      events.List(call.caller.user_id, filter, call.arguments.Integer("StartFrom"),
                  call.arguments.Integer("RetrieveCount"));
  if (!page && page.error().kind == ErrorKind::kNotFound) return Fail(call, 2);
  if (!page) return Fail(call, page.error());
  Json list = Json::array();
  for (const core::Event& event : page->events) list.push_back(service::EventJson(event, form));
  return Json{{"TotalRecords", page->total}, {"Events", std::move(list)}};
}

Outcome ForUser(EventLog& events, const Call& call) {
  const catalogue::Arguments& arguments = call.arguments;
  store::EventFilter filter;
  filter.domain_id = arguments.Integer("DomainID");
  filter.type = Type(arguments);
  filter.from = arguments.OptionalInteger("StartDate");
  if (const auto last_day = arguments.OptionalInteger("EndDate"))
    filter.to = *last_day + kDayMillis - 1;
  filter.query = arguments.String("Query");
  return Reply(events, call, filter, EventForm::kUser);
}

Outcome ForSenderKey(EventLog& events, const Call& call) {
  const catalogue::Arguments& arguments = call.arguments;
  store::EventFilter filter;
  filter.domain_id = call.caller.domain_id;
  filter.type = Type(arguments);
  if (const auto first = arguments.OptionalInteger("StartDate")) filter.from = *first * 1000;
  if (const auto last = arguments.OptionalInteger("EndDate")) filter.to = *last * 1000 + 999;
  if (arguments.Has("MessageID")) {
    filter.message_id = Uuid::Parse(arguments.String("MessageID"));
    if (!filter.message_id)
      return Fail(call, catalogue::kCodeMalformed, "MessageID is not a message ID");
  }
  return Reply(events, call, filter, EventForm::kPublic);
}

}  // namespace

void AddEventHandlers(Handlers& handlers, EventLog& events) {
  Bind(handlers, events, "emailgateway.getevents", ForUser);
  Bind(handlers, events, "emailgateway.getevents.public", ForSenderKey);
}

}  // namespace egd::api
