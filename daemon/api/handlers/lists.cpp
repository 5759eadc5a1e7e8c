#include "daemon/api/handlers/lists.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/core/ip_network.h"
#include "daemon/service/audience/lists.h"
#include "daemon/service/audience/subscribers.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using core::Subscriber;
using core::SubscriberList;
using service::Lists;
using service::Subscribers;

Json ListJson(const SubscriberList& list) {
  return {{"ListID", list.id},
          {"Name", list.name},
          {"SubscriberCount", list.subscriber_count},
          {"CreatedAt", FormatDateTime(list.created_at)}};
}

Json SubscriberJson(const Subscriber& subscriber) {
  Json fields = Json::object();
  for (const auto& [name, value] : subscriber.custom_fields) fields[name] = value;
  return {{"SubscriberID", subscriber.id},
          {"ListID", subscriber.list_id},
          {"EmailAddress", subscriber.email_address},
          {"Status", core::Name(subscriber.status)},
          {"CustomFields", std::move(fields)},
          {"CreatedAt", FormatDateTime(subscriber.created_at)},
          {"UpdatedAt", FormatDateTime(subscriber.updated_at)}};
}

Failure FailWith(const Call& call, const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:
      return Fail(call, Cause::kListNotFound);
    case ErrorKind::kConflict:
      return Fail(call, Cause::kEmailAddressTaken);
    case ErrorKind::kInvalidArgument:
      return Fail(call, Cause::kEmailAddressInvalid,
                  "The subscriber cannot be kept: " + error.public_text);
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kForbidden:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnprocessable:
    case ErrorKind::kRateLimited:
    case ErrorKind::kInternal:
    case ErrorKind::kUnavailable:
      break;
  }
  return Fail(call, error);
}

std::map<std::string, std::string> CustomFields(const Call& call,
                                                std::string_view parameter = "CustomFields") {
  std::map<std::string, std::string> fields;
  const Json& json = call.arguments.Json(parameter);
  if (!json.is_object()) return fields;
  for (const auto& [name, value] : json.items()) {
    fields[name] = value.is_string() ? value.get<std::string>() : "";
  }
  return fields;
}

std::optional<core::SubscriptionStatus> Status(const Call& call) {
  return core::ParseSubscriptionStatus(call.arguments.String("Status"));
}

int64_t ListId(const Call& call) {
  return call.arguments.Integer("ListID");
}

Outcome OneList(const Call& call, const Result<SubscriberList>& list) {
  if (!list) return FailWith(call, list.error());
  return Json{{"List", ListJson(*list)}};
}

Outcome OneSubscriber(const Call& call, const Result<std::optional<Subscriber>>& subscriber) {
  if (!subscriber) return FailWith(call, subscriber.error());
  if (!*subscriber) return Fail(call, Cause::kSubscriberNotFound);
  return Json{{"Subscriber", SubscriberJson(**subscriber)}};
}

Outcome CreateList(Lists& lists, const Call& call) {
  const auto id = lists.Create(call.caller.user_id, call.arguments.String("SubscriberListName"));
  if (!id) return Fail(call, id.error());
  return Json{{"ListID", *id}};
}

Outcome GetList(Lists& lists, const Call& call) {
  return OneList(call, lists.Get(call.caller.user_id, ListId(call)));
}

Outcome UpdateList(Lists& lists, const Call& call) {
  return OneList(call, lists.Rename(call.caller.user_id, ListId(call),
                                    call.arguments.String("SubscriberListName")));
}

Outcome GetLists(Lists& lists, const Call& call) {
  const auto found = lists.List(call.caller.user_id);
  if (!found) return Fail(call, found.error());
  Json list = Json::array();
  for (const SubscriberList& one : *found) list.push_back(ListJson(one));
  return Json{{"TotalListCount", found->size()}, {"Lists", std::move(list)}};
}

Outcome DeleteLists(Lists& lists, const Call& call) {
  const auto ids = IdList(call, "Lists");
  if (!ids) return Malformed("Lists must be a list of ListIDs");
  const auto deleted = lists.Delete(call.caller.user_id, *ids);
  if (!deleted) return FailWith(call, deleted.error());
  return Json::object();
}

Subscriber NewSubscriber(const Call& call) {
  Subscriber subscriber;
  subscriber.list_id = ListId(call);
  subscriber.email_address = call.arguments.String("EmailAddress");
  subscriber.status = Status(call).value();
  subscriber.custom_fields = CustomFields(call);
  return subscriber;
}

Outcome Add(Subscribers& subscribers, const Call& call, Subscriber subscriber, bool update) {
  const auto created = subscribers.Create(call.caller.user_id, std::move(subscriber), update);
  if (!created) return FailWith(call, created.error());
  return Json{{"SubscriberID", created->id}, {"Subscriber", SubscriberJson(*created)}};
}

Outcome Create(Subscribers& subscribers, const Call& call) {
  return Add(subscribers, call, NewSubscriber(call), call.arguments.Boolean("UpdateIfDuplicate"));
}

Outcome Subscribe(Subscribers& subscribers, const Call& call) {
  Subscriber subscriber = NewSubscriber(call);
  subscriber.custom_fields.merge(CustomFields(call, "Fields"));
  if (const std::string ip = call.arguments.String("IPAddress"); !ip.empty()) {
    if (!core::IpAddress::Parse(ip)) {
      return Malformed("IPAddress is not an IP address");
    }
    subscriber.custom_fields["SubscriptionIP"] = ip;
  }
  return Add(subscribers, call, std::move(subscriber), call.arguments.Boolean("UpdateIfExists"));
}

Outcome Get(Subscribers& subscribers, const Call& call) {
  const auto subscriber =
      subscribers.Get(call.caller.user_id, ListId(call), call.arguments.Integer("SubscriberID"));
  return OneSubscriber(call, subscriber);
}

Outcome Update(Subscribers& subscribers, const Call& call) {
  service::SubscriberChange change;
  change.email_address = call.arguments.OptionalString("EmailAddress");
  change.status = Status(call);
  change.custom_fields = CustomFields(call);
  const auto updated = subscribers.Update(call.caller.user_id, ListId(call),
                                          call.arguments.Integer("SubscriberID"), change);
  return OneSubscriber(call, updated);
}

Outcome Unsubscribe(Subscribers& subscribers, const Call& call) {
  if (!call.arguments.Has("SubscriberID") && !call.arguments.Has("EmailAddress")) {
    return Fail(call, Cause::kSubscriberUnnamed);
  }
  const auto subscriber = subscribers.Unsubscribe(call.caller.user_id, ListId(call),
                                                  call.arguments.Integer("SubscriberID"),
                                                  call.arguments.String("EmailAddress"));
  return OneSubscriber(call, subscriber);
}

Outcome List(Subscribers& subscribers, const Call& call) {
  const auto page = subscribers.List(call.caller.user_id, ListId(call), Status(call),
                                     call.arguments.Integer("RecordsFrom"),
                                     call.arguments.Integer("RecordsPerRequest"));
  if (!page) return FailWith(call, page.error());
  Json list = Json::array();
  for (const Subscriber& subscriber : page->subscribers) list.push_back(SubscriberJson(subscriber));
  return Json{{"TotalSubscribers", page->total}, {"Subscribers", std::move(list)}};
}

Outcome Import(Subscribers& subscribers, const Call& call) {
  const std::string csv = call.arguments.String("ImportData");
  const auto import =
      subscribers.Import(call.caller.user_id, ListId(call), csv, Status(call).value(),
                         call.arguments.Boolean("UpdateIfDuplicate"));
  if (!import) return FailWith(call, import.error());
  Json failed = Json::array();
  for (const auto& line : import->failed_lines) {
    failed.push_back({{"Line", line.line}, {"Error", line.error}});
  }
  return Json{{"TotalData", import->lines},      {"TotalImported", import->imported},
              {"TotalUpdated", import->updated}, {"TotalDuplicates", import->duplicates},
              {"TotalFailed", import->failed},   {"FailedLines", std::move(failed)}};
}

Outcome Delete(Subscribers& subscribers, const Call& call) {
  const auto ids = IdList(call, "Subscribers");
  if (!ids) {
    return Malformed("Subscribers must be a list of SubscriberIDs");
  }
  const auto deleted = subscribers.Delete(call.caller.user_id, ListId(call), *ids);
  if (!deleted) return FailWith(call, deleted.error());
  if (!*deleted) return Fail(call, Cause::kSubscriberNotFound);
  return Json::object();
}

}  // namespace

void AddListHandlers(Handlers& handlers, Lists& lists, Subscribers& subscribers) {
  Bind(handlers, lists, "list.create", CreateList);
  Bind(handlers, lists, "list.get", GetList);
  Bind(handlers, lists, "list.update", UpdateList);
  Bind(handlers, lists, "lists.get", GetLists);
  Bind(handlers, lists, "lists.delete", DeleteLists);
  Bind(handlers, subscribers, "subscriber.create", Create);
  Bind(handlers, subscribers, "subscriber.subscribe", Subscribe);
  Bind(handlers, subscribers, "subscriber.get", Get);
  Bind(handlers, subscribers, "subscriber.update", Update);
  Bind(handlers, subscribers, "subscriber.unsubscribe", Unsubscribe);
  Bind(handlers, subscribers, "subscribers.get", List);
  Bind(handlers, subscribers, "subscribers.import", Import);
  Bind(handlers, subscribers, "subscribers.delete", Delete);
}

}  // namespace egd::api
