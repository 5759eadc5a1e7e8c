#include "daemon/api/handlers/webhook_deliveries.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/hooks/webhook_deliveries.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using core::WebhookOutcome;
using service::WebhookDeliveries;

std::string_view Word(WebhookOutcome outcome) {
  switch (outcome) {
    case WebhookOutcome::kDelivered:
      return "delivered";
    case WebhookOutcome::kRetry:
      return "retrying";
    case WebhookOutcome::kFailed:
      return "failed";
    case WebhookOutcome::kHeld:
    case WebhookOutcome::kDropped:
      break;  // never logged
  }
  return "";
}

std::optional<WebhookOutcome> ParseOutcome(std::string_view word) {
  for (const auto outcome :
       {WebhookOutcome::kDelivered, WebhookOutcome::kRetry, WebhookOutcome::kFailed}) {
    if (word == Word(outcome)) return outcome;
  }
  return std::nullopt;
}

Json AttemptJson(const store::WebhookAttempt& attempt) {
  Json json = {{"At", attempt.at / 1000},    {"Sequence", attempt.sequence},
               {"Attempt", attempt.attempt}, {"Result", Word(attempt.outcome)},
               {"Status", attempt.status},   {"LatencyMs", attempt.latency_ms}};
  if (attempt.next_attempt_at != 0) json["NextAttemptAt"] = attempt.next_attempt_at / 1000;
  if (!attempt.error.empty()) json["Error"] = attempt.error;
  json["Response"] = attempt.response;
  return json;
}

Outcome List(WebhookDeliveries& deliveries, const Call& call) {
  const catalogue::Arguments& arguments = call.arguments;
  store::WebhookAttemptFilter filter;
  filter.webhook_id = arguments.Integer("WebhookID");
  filter.outcome = ParseOutcome(arguments.String("Result"));
  filter.sequence = arguments.OptionalInteger("Sequence");
  const auto page = deliveries.List(call.caller.user_id, filter, arguments.Integer("StartFrom"),
                                    arguments.Integer("RetrieveCount"));
  if (!page && page.error().kind == ErrorKind::kNotFound)
    return Fail(call, Cause::kWebhookNotFound);
  if (!page) return Fail(call, page.error());
  Json list = Json::array();
  for (const auto& attempt : page->attempts) list.push_back(AttemptJson(attempt));
  return Json{{"TotalRecords", page->total},
              {"PendingCount", page->pending},
              {"Deliveries", std::move(list)}};
}

Outcome Replay(WebhookDeliveries& deliveries, const Call& call) {
  service::ReplayChoice choice;
  choice.sequence = call.arguments.OptionalInteger("Sequence");
  choice.since_sequence = call.arguments.OptionalInteger("SinceSequence");
  const auto since_time = call.arguments.OptionalInteger("SinceTime");
  if (since_time) choice.since_time = *since_time * 1000;
  const int given = int(choice.sequence.has_value()) + int(choice.since_sequence.has_value()) +
                    int(since_time.has_value());
  if (given != 1) return Fail(call, Cause::kReplayUnclear);
  const auto replayed =
      deliveries.Replay(call.caller.user_id, call.arguments.Integer("WebhookID"), choice);
  if (replayed) return Json{{"ReplayedCount", *replayed}};
  if (replayed.error().kind == ErrorKind::kNotFound) return Fail(call, Cause::kWebhookNotFound);
  if (replayed.error().kind == ErrorKind::kInvalidArgument)
    return Fail(call, Cause::kEventNotFound);
  return Fail(call, replayed.error());
}

Outcome ListReplays(WebhookDeliveries& deliveries, const Call& call) {
  const auto log = deliveries.ListReplays(call.caller.user_id, call.arguments.Integer("DomainID"),
                                          call.arguments.OptionalInteger("AfterReplayID"));
  if (!log && log.error().kind == ErrorKind::kNotFound) return Fail(call, Cause::kDomainNotFound);
  if (!log) return Fail(call, log.error());
  Json list = Json::array();
  for (const store::LoggedReplay& replay : log->replays) {
    list.push_back({{"ReplayID", replay.id},
                    {"WebhookID", replay.webhook_id},
                    {"Event", core::Name(replay.event)},
                    {"FirstSequence", replay.first_sequence},
                    {"LastSequence", replay.last_sequence},
                    {"SinceTime", std::max<UnixMillis>(replay.since, 0) / 1000},
                    {"ReplayedAt", replay.at / 1000}});
  }
  return Json{{"LastReplayID", log->last_id}, {"Replays", std::move(list)}};
}

Json SampleJson(const service::WebhookSample& sample) {
  const http_client::HttpReply& reply = sample.reply;
  Json json = {{"Event", core::Name(sample.event)},
               {"Delivered", reply.Succeeded()},
               {"Status", reply.status},
               {"LatencyMs", reply.latency_ms}};
  if (!reply.Succeeded()) json["Error"] = http_client::FailureOf(reply);
  json["Response"] = http_client::Shown(reply);
  return json;
}

Outcome Test(WebhookDeliveries& deliveries, const Call& call) {
  const auto samples = deliveries.Test(call.caller.user_id, call.arguments.Integer("WebhookID"),
                                       core::ParseEventType(call.arguments.String("Event")));
  if (!samples && samples.error().kind == ErrorKind::kNotFound)
    return Fail(call, Cause::kWebhookNotFound);
  if (!samples) return Fail(call, samples.error());
  Json list = Json::array();
  for (const auto& sample : *samples) list.push_back(SampleJson(sample));
  return Json{{"Deliveries", std::move(list)}};
}

}  // namespace

void AddWebhookDeliveryHandlers(Handlers& handlers, WebhookDeliveries& deliveries) {
  Bind(handlers, deliveries, "webhook.deliveries", List);
  Bind(handlers, deliveries, "webhook.replay", Replay);
  Bind(handlers, deliveries, "webhook.replays", ListReplays);
  Bind(handlers, deliveries, "webhook.test", Test);
}

}  // namespace egd::api
