#include "daemon/api/handlers/sent_messages.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/api/handlers/delivery.h"
#include "daemon/service/events/event_json.h"
#include "daemon/service/sending/sent_messages.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::SentMessages;

// A sender key's are its domain's, live ones or those of test keys, as it is one itself; a user's
// are all of theirs, the admin's everybody's.
service::MessageScope ScopeOf(const core::Principal& caller) {
  if (caller.kind == core::PrincipalKind::kAdmin) return {};
  if (caller.kind == core::PrincipalKind::kSenderKey)
    return {std::nullopt, caller.domain_id, caller.is_test};
  return {caller.user_id, std::nullopt, std::nullopt};
}

Outcome Refuse(const Call& call, const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:
      return Fail(call, Cause::kMessageNotFound);
    case ErrorKind::kInvalidArgument:
      return Fail(call, Cause::kSendAtInvalid, error.public_text);
    case ErrorKind::kUnprocessable:
      return Fail(call, Cause::kScheduledLimitReached, error.public_text);
    case ErrorKind::kConflict:
    case ErrorKind::kForbidden:
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kTooLarge:
    case ErrorKind::kRateLimited:
    case ErrorKind::kUnavailable:
    case ErrorKind::kInternal:
      return Fail(call, error);
  }
  return Fail(call, error);
}

Json RecipientJson(const service::RecipientStatus& recipient, UnixMillis send_at, UnixMillis now) {
  Json event = service::EventJson(recipient.last, service::EventForm::kPublic);
  Json json = {{"Recipient", recipient.last.recipient},
               {"State", RecipientStateOf(recipient.last, recipient.waits, send_at, now)},
               {"Attempts", recipient.last.attempt}};
  if (const auto& queued = recipient.queued) {
    json["Attempts"] = std::max(queued->attempts, recipient.last.attempt);
    json["NextAttemptAt"] = queued->next_attempt_at / 1000;
  }
  // What the message says once, or the state in other words.
  for (const char* key :
       {"Event", "Sequence", "Message", "Tags", "JourneyID", "ActionID", "Attempt"}) {
    event.erase(key);
  }
  for (auto& [key, value] : event.get_ref<Json::object_t&>()) json[key] = std::move(value);
  return json;
}

Json MessageJson(const core::Message& message) {
  Json json = {{"Message",
                {{"ID", message.id.ToString()},
                 {"Headers",
                  {{"From", message.from_header},
                   {"To", message.to_header},
                   {"Subject", message.subject}}}}},
               {"Tags", message.tags}};
  if (message.journey_id != 0) json["JourneyID"] = message.journey_id;
  if (message.action_id != 0) json["ActionID"] = message.action_id;
  json["AcceptedAt"] = message.accepted_at / 1000;
  if (message.send_at != 0) json["SendAt"] = message.send_at / 1000;
  json["ExpiresAt"] = message.expires_at / 1000;
  if (message.is_test) json["Test"] = true;
  return json;
}

Outcome Get(SentMessages& messages, const Call& call) {
  const auto id = Uuid::Parse(call.arguments.String("MessageID"));
  if (!id) return Fail(call, Cause::kMessageNotFound);
  const auto status =
      messages.Find(call.caller.user_id, ScopeOf(call.caller), *id,
                    call.arguments.Integer("StartFrom"), call.arguments.Integer("RetrieveCount"));
  if (!status) return Refuse(call, status.error());
  Json json = MessageJson(status->message);
  json["TotalRecipients"] = status->total;
  if (status->pending > 0) json["PendingRecipients"] = status->pending;
  json["Recipients"] = Json::array();
  for (const auto& recipient : status->recipients) {
    json["Recipients"].push_back(RecipientJson(recipient, status->message.send_at, status->at));
  }
  return json;
}

Outcome Cancel(SentMessages& messages, const Call& call) {
  const auto id = Uuid::Parse(call.arguments.String("MessageID"));
  if (!id) return Fail(call, Cause::kMessageNotFound);
  const auto cancelled = messages.Cancel(ScopeOf(call.caller), *id);
  if (!cancelled) return Refuse(call, cancelled.error());
  return Json{{"MessageID", id->ToString()}, {"CancelledCount", *cancelled}};
}

Outcome Reschedule(SentMessages& messages, const Call& call) {
  const auto id = Uuid::Parse(call.arguments.String("MessageID"));
  if (!id) return Fail(call, Cause::kMessageNotFound);
  const int64_t send_at = call.arguments.Integer("SendAt");
  const auto moved = messages.Reschedule(ScopeOf(call.caller), *id, send_at * 1000);
  if (!moved) return Refuse(call, moved.error());
  return Json{{"MessageID", id->ToString()}, {"SendAt", send_at}, {"RescheduledCount", *moved}};
}

}  // namespace

void AddSentMessageHandlers(Handlers& handlers, SentMessages& messages) {
  Bind(handlers, messages, "emailgateway.getemail", Get);
  // Of a message with very many recipients they take long: not on a thread that others need.
  Bind(handlers, messages, "emailgateway.cancelemail", Cancel);
  Bind(handlers, messages, "emailgateway.rescheduleemail", Reschedule);
}

}  // namespace egd::api
