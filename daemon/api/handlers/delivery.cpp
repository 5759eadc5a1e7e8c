#include "daemon/api/handlers/delivery.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/core/host_name.h"
#include "daemon/service/delivery/explanation.h"
#include "daemon/service/delivery/queue_control.h"
#include "daemon/service/events/event_json.h"
#include "daemon/smtp_client/failure_policy.h"
#include "shared/base/strings.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using smtp_client::Stage;

// The catalogue's choices let only these in.
Stage StageNamed(std::string_view name) {
  for (const Stage stage : {Stage::kBanner, Stage::kHello, Stage::kStartTls, Stage::kMail,
                            Stage::kRcpt, Stage::kData}) {
    if (EqualsIgnoreCase(name, smtp_client::Name(stage))) return stage;
  }
  return Stage::kEndOfData;
}

Outcome Classify(const Call& call) {
  auto reply = smtp::ParseReply(call.arguments.String("Reply"));
  if (!reply) return Fail(call, Cause::kReplyUnreadable);
  const int code = reply->code;
  if (code < 400) return Fail(call, Cause::kReplyNotFailure);
  const smtp_client::Answer answer = {StageNamed(call.arguments.String("Stage")),
                                      *std::move(reply)};
  const smtp_client::Verdict verdict = smtp_client::ClassifyFailure(answer, 1);
  return Json{{"Event", verdict.permanent ? "bounce" : "deferred"},
              {"Verdict", core::Name(verdict.refused)},
              {"Cause", verdict.cause},
              {"BounceClass", verdict.bounce_class},
              {"Scope", smtp_client::Name(verdict.scope)},
              {"Suppress", verdict.suppress},
              {"Lane", smtp_client::Name(verdict.pace)},
              {"Rule", verdict.rule},
              {"Reason", verdict.reason},
              {"Words", verdict.words},
              {"Code", code},
              {"EnhancedCode", answer.reply.enhanced}};
}

Json LinesOf(std::string_view text) {
  Json lines = Json::array();
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// Why one that waits is not being tried, and until when.
service::Hindrance HindranceOf(const service::Explanation& explanation,
                               const service::RecipientStory& story,
                               const service::QueueControl& queue, UnixMillis now) {
  if (!story.waits) return {};
  const bool is_test = explanation.message.is_test;  // it goes to no destination
  if (!is_test && std::ranges::count(explanation.paused, story.destination) > 0) {
    return {"an operator paused delivery to the destination", 0};
  }
  if (story.next_attempt_at > now) {
    return {story.attempts == 0 ? "its time to be sent" : "its next attempt",
            story.next_attempt_at};
  }
  return is_test ? service::Hindrance()
                 : queue.FindHindrance(story.destination, explanation.message.domain_id);
}

// Why the last event is what it is. A bounce that came back as mail has no rule of a dialogue.
std::string ReasonFor(const service::RecipientStory& story) {
  const core::Event& last = story.last;
  if (last.type == core::EventType::kBounce && last.source == "dsn") {
    return "returned as mail after its delivery, by " + last.reporting_server + ": " + last.reason;
  }
  return story.rule.empty() ? "" : std::string(smtp_client::ReasonOf(story.rule));
}

Json StoryJson(const service::RecipientStory& story, const std::string& state,
               const service::Hindrance& hindrance) {
  const core::Event& last = story.last;
  return {{"Recipient", story.address},
          {"State", state},
          {"Attempts", std::max(story.attempts, last.attempt)},
          {"NextAttemptAt", TimeOrEmpty(story.waits ? story.next_attempt_at : 0)},
          {"WaitsFor", hindrance.why},
          {"WaitsUntil", TimeOrEmpty(hindrance.until)},
          {"MXHost", last.mx_host},
          {"MXAddress", last.mx_address},
          {"TLS", last.tls},
          {"SMTPResponse", last.smtp_response},
          {"BounceClass", last.bounce_class},
          {"Rule", story.rule},
          {"Reason", ReasonFor(story)},
          {"Dialogue", LinesOf(story.dialogue)}};
}

Outcome Explain(service::Explanations& explanations, const service::QueueControl& queue,
                const Call& call) {
  const auto id = Uuid::Parse(call.arguments.String("MessageID"));
  if (!id) return Fail(call, Cause::kMessageNotFound);
  const bool admin = call.caller.kind == core::PrincipalKind::kAdmin;
  const auto user = admin ? std::nullopt : std::optional<int64_t>(call.caller.user_id);
  const auto explanation = explanations.Explain(user, *id, call.arguments.String("Recipient"));
  if (!explanation && explanation.error().kind == ErrorKind::kNotFound) {
    return Fail(call, Cause::kMessageNotFound);
  }
  if (!explanation) return Fail(call, explanation.error());
  const core::Message& message = explanation->message;
  const UnixMillis now = queue.Now();
  Json recipients = Json::array(), timeline = Json::array();
  for (const auto& story : explanation->recipients) {
    recipients.push_back(StoryJson(story,
                                   RecipientStateOf(story.last, story.waits, message.send_at, now),
                                   HindranceOf(*explanation, story, queue, now)));
  }
  for (const auto& event : explanation->timeline) {
    timeline.push_back(service::EventJson(event, service::EventForm::kUser));
  }
  Json reply = {{"MessageID", message.id.ToString()},
                {"From", message.from_header},
                {"Subject", message.subject},
                {"AcceptedAt", FormatDateTime(message.accepted_at)},
                {"SendAt", TimeOrEmpty(message.send_at)},
                {"ExpiresAt", FormatDateTime(message.expires_at)},
                {"Recipients", std::move(recipients)},
                {"Timeline", std::move(timeline)}};
  if (message.is_test) reply["Test"] = true;
  return reply;
}

}  // namespace

std::string RecipientStateOf(const core::Event& last, bool waits, UnixMillis send_at,
                             UnixMillis now) {
  using enum core::EventType;
  if (waits && last.type == kDeferred) return "deferred";
  if (waits) return send_at > now ? "scheduled" : "queued";
  switch (last.type) {
    case kDelivery:
      return "delivered";
    case kBounce:
      return "bounced";
    case kRejected:
      return last.reason == "cancelled" ? "cancelled" : "rejected";
    case kAccepted:
    case kDeferred:
      return "dropped";  // its queue was cleared
    case kOpen:
    case kClick:
    case kUnsubscribe:
    case kComplaint:
      return "delivered";  // who does that has it
  }
  return "dropped";
}

std::string LaneStateOf(const service::LaneView& lane) {
  if (lane.paused) return "paused";
  if (lane.status.down_until > lane.at) return "down";
  if (lane.status.slow) return "slow";
  if (lane.status.connections > 0) return "sending";
  return lane.depth.recipients > 0 ? "waiting" : "idle";
}

namespace {

Json LaneJson(const service::LaneView& lane) {
  const UnixMillis oldest = lane.depth.oldest_at;
  return {{"Destination", lane.depth.destination},
          {"State", LaneStateOf(lane)},
          {"Depth", lane.depth.recipients},
          {"OldestAgeSeconds", oldest == 0 ? 0 : std::max<int64_t>(0, (lane.at - oldest) / 1000)},
          {"Connections", lane.status.connections},
          {"DownUntil", TimeOrEmpty(lane.status.down_until)},
          {"WaitsFor", lane.status.down_until > lane.at ? lane.status.waits_for : ""},
          {"LastReply", lane.status.last_reply},
          {"LastReplyAt", TimeOrEmpty(lane.status.last_reply_at)}};
}

// A domain as A-labels in lower case, or an address literal; nothing: neither.
std::optional<std::string> DestinationOf(const Call& call) {
  const std::string text = Lower(Trim(call.arguments.String("Destination")));
  if (text.starts_with('[') && text.ends_with(']')) return text;
  return core::NormalizeHostName(text);
}

Outcome ShowQueue(service::QueueControl& queue, const Call& call) {
  Json lanes = Json::array();
  if (!call.arguments.String("Destination").empty()) {
    const auto destination = DestinationOf(call);
    if (!destination) return Fail(call, Cause::kDestinationInvalid);
    const auto lane = queue.Show(*destination);
    if (!lane) return Fail(call, lane.error());
    lanes.push_back(LaneJson(*lane));
  } else {
    const auto list = queue.List(size_t(call.arguments.Integer("Limit")));
    if (!list) return Fail(call, list.error());
    for (const auto& lane : *list) lanes.push_back(LaneJson(lane));
  }
  return Json{{"Lanes", std::move(lanes)}};
}

Outcome PauseQueue(service::QueueControl& queue, const Call& call) {
  const auto destination = DestinationOf(call);
  if (!destination) return Fail(call, Cause::kDestinationInvalid);
  const auto paused = queue.Pause(*destination);
  if (!paused) return Fail(call, paused.error());
  return Json{{"Destination", *destination}, {"State", "paused"}};
}

template <Result<int64_t> (service::QueueControl::*kAction)(const std::string&)>
Outcome WakeQueue(service::QueueControl& queue, const Call& call) {
  const auto destination = DestinationOf(call);
  if (!destination) return Fail(call, Cause::kDestinationInvalid);
  const auto due = (queue.*kAction)(*destination);
  if (!due) return Fail(call, due.error());
  return Json{{"Destination", *destination}, {"MadeDue", *due}};
}

}  // namespace

void AddClassifyHandler(Handlers& handlers) {
  handlers.emplace("classify", Classify);
}

void AddDeliveryHandlers(Handlers& handlers, service::Explanations& explanations,
                         service::QueueControl& queue) {
  AddClassifyHandler(handlers);
  handlers.emplace("explain", [&explanations, &queue](const Call& call) {
    return Explain(explanations, queue, call);
  });
  Bind(handlers, queue, "queue", ShowQueue);
  Bind(handlers, queue, "queue.pause", PauseQueue);
  Bind(handlers, queue, "queue.resume", WakeQueue<&service::QueueControl::Resume>);
  Bind(handlers, queue, "queue.retry", WakeQueue<&service::QueueControl::Retry>);
}

}  // namespace egd::api
