// What became of webhook deliveries, and how to repair them (contract section 7).
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "webhooks";
constexpr std::string_view kManage = "EmailGateway.ManageDomain";

Param WebhookId() {
  return {.name = "WebhookID",
          .type = ParamType::kInteger,
          .help = "The webhook, as in getwebhooks",
          .required = true,
          .missing_code = 1};
}

ErrorEntry Missing() {
  return {1, ErrorKind::kInvalidArgument, "WebhookID is missing"};
}
ErrorEntry NotThere() {
  return {2, ErrorKind::kNotFound, "Webhook not found or access denied", Cause::kWebhookNotFound};
}

std::vector<Field> AttemptFields() {
  return {
      {"At", FieldType::kInteger, "When the attempt ended, Unix seconds", true, true},
      {"Sequence", FieldType::kInteger, "The event's"},
      {"Attempt", FieldType::kInteger, "Its number, 1 for the first"},
      {"Result", FieldType::kString, "delivered, retrying or failed (the last attempt)"},
      {"Status", FieldType::kInteger, "HTTP status; 0: there was no answer"},
      {"LatencyMs", FieldType::kInteger, "Milliseconds from the request's start to the end"},
      {"NextAttemptAt", FieldType::kInteger, "retrying: when it is tried again, Unix seconds",
       false, true},
      {"Error", FieldType::kString, "Why it failed", false},
      {"Response", FieldType::kString,
       "The first 1,024 bytes of the response's body; bytes that are not printable as \\xNN"},
  };
}

Command Deliveries() {
  return {
      .name = "webhook.deliveries",
      .group = kGroup,
      .summary = "List the attempts to deliver to a webhook",
      .details =
          "Newest first. A delivery that fails is tried again by the configuration's "
          "webhooks.retry_schedule; webhook.replay repeats what has failed.",
      .permission = kManage,
      .has_large_reply = true,
      .params = {WebhookId(),
                 {.name = "Result",
                  .help = "Only attempts with this result",
                  .choices = {"delivered", "retrying", "failed"}},
                 {.name = "Sequence",
                  .type = ParamType::kInteger,
                  .help = "Only attempts to deliver this event",
                  .minimum = 0},
                 {.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "Attempts to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "Attempts to return",
                  .default_text = "20",
                  .minimum = 1,
                  .maximum = 100}},
      .results =
          Concat({{"TotalRecords", FieldType::kInteger, "Attempts that match"},
                  {"PendingCount", FieldType::kInteger, "Deliveries to this webhook still pending"},
                  {"Deliveries", FieldType::kList, "The attempts, newest first"}},
                 Under("Deliveries[]", AttemptFields())),
      .errors = {Missing(), NotThere()},
      .columns = {"At", "Sequence", "Attempt", "Result", "Status", "LatencyMs", "Error"},
      .example_request = R"({"WebhookID": 999, "RetrieveCount": 20})",
      .example_reply = R"({
  "TotalRecords": 1,
  "PendingCount": 1,
  "Deliveries": [
    {
      "At": 1700000000,
      "Sequence": 4711,
      "Attempt": 1,
      "Result": "retrying",
      "Status": 500,
      "LatencyMs": 12,
      "NextAttemptAt": 1700000005,
      "Error": "The endpoint answered 500",
      "Response": "oops"
    }
  ]
})",
      .example_cli = "egctl webhook.deliveries 999 --result failed",
  };
}

Command Replay() {
  return {
      .name = "webhook.replay",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Deliver events to a webhook again",
      .details =
          "One event by its Sequence, or all since a sequence number or a time, delivered "
          "before or not. Repeated deliveries have the webhook-id they had. A webhook that "
          "was disabled for its failures is enabled again.",
      .permission = kManage,
      .params = {WebhookId(),
                 {.name = "Sequence",
                  .type = ParamType::kInteger,
                  .help = "The one event to repeat",
                  .minimum = 0},
                 {.name = "SinceSequence",
                  .type = ParamType::kInteger,
                  .help = "All events from this one on",
                  .minimum = 0},
                 {.name = "SinceTime",
                  .type = ParamType::kTimestamp,
                  .help = "All events from this time on, Unix seconds"}},
      .results = {{"ReplayedCount", FieldType::kInteger, "Events that are delivered again"}},
      .errors = {Missing(),
                 NotThere(),
                 {3, ErrorKind::kInvalidArgument,
                  "One of Sequence, SinceSequence and SinceTime is needed, and only one",
                  Cause::kReplayUnclear},
                 {4, ErrorKind::kNotFound, "The webhook has no event of this Sequence",
                  Cause::kEventNotFound}},
      .example_request = R"({"WebhookID": 999, "SinceSequence": 1})",
      .example_reply = R"({"ReplayedCount": 12})",
      .example_cli = "egctl webhook.replay 999 --since-sequence 4711",
  };
}

Command Replays() {
  return {
      .name = "webhook.replays",
      .group = kGroup,
      .summary = "List what was delivered to a domain's webhooks again",
      .details =
          "Oldest first, the newest 100 of a domain. Without AfterReplayID none, but LastReplayID "
          "to "
          "go on from: so webhook.listen follows them.",
      .permission = kManage,
      .params = {DomainId(),
                 {.name = "AfterReplayID",
                  .type = ParamType::kInteger,
                  .help = "Only replays after this one; 0: all that are kept",
                  .minimum = 0}},
      .results = Concat(
          {{"LastReplayID", FieldType::kInteger, "There is none after it"},
           {"Replays", FieldType::kList, "The replays"}},
          Under("Replays[]",
                {{"ReplayID", FieldType::kInteger, "Its number"},
                 {"WebhookID", FieldType::kInteger, "The webhook"},
                 {"Event", FieldType::kString, "The kind of its events"},
                 {"FirstSequence", FieldType::kInteger, "The events of that kind from this one"},
                 {"LastSequence", FieldType::kInteger, "to this one"},
                 {"SinceTime", FieldType::kInteger,
                  "and only those from then on, Unix seconds; 0: all", true, true},
                 {"ReplayedAt", FieldType::kInteger, "When, Unix seconds", true, true}})),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .columns = {"ReplayID", "ReplayedAt", "WebhookID", "Event", "FirstSequence", "LastSequence"},
      .example_request = R"({"DomainID": 123, "AfterReplayID": 0})",
      .example_reply = R"({
  "LastReplayID": 7,
  "Replays": [
    {
      "ReplayID": 7,
      "WebhookID": 999,
      "Event": "bounce",
      "FirstSequence": 4711,
      "LastSequence": 4811,
      "SinceTime": 0,
      "ReplayedAt": 1700000000
    }
  ]
})",
      .example_cli = "egctl webhook.replays example.com --after-replay-id 0",
  };
}

Command Test() {
  return {
      .name = "webhook.test",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Post a signed sample event of each kind, or of one, to a webhook",
      .details =
          "Waits for the answers, whatever events the webhook is subscribed to, and keeps "
          "nothing. The samples have Sequence 0 and a message ID of zeros.",
      .permission = kManage,
      .takes_long = true,
      .params = {WebhookId(),
                 {.name = "Event", .help = "Only a sample of this kind", .choices = EventWords()}},
      .results = Concat(
          {{"Deliveries", FieldType::kList, "Outcome of each sample"}},
          Under("Deliveries[]", {{"Event", FieldType::kString, "The sample's kind"},
                                 {"Delivered", FieldType::kBoolean, "Whether the answer was a 2xx"},
                                 {"Status", FieldType::kInteger, "HTTP status; 0: no answer"},
                                 {"LatencyMs", FieldType::kInteger, "Milliseconds it took"},
                                 {"Error", FieldType::kString, "Why it failed", false},
                                 {"Response", FieldType::kString,
                                  "The first 1,024 bytes of the response's body"}})),
      .errors = {Missing(), NotThere()},
      .columns = {"Event", "Delivered", "Status", "LatencyMs", "Error"},
      .example_request = R"({"WebhookID": 999})",
      .example_reply = R"({
  "Deliveries": [
    {"Event": "accepted", "Delivered": true, "Status": 200, "LatencyMs": 12, "Response": "ok"}
  ]
})",
      .example_cli = "egctl webhook.test 999 --event bounce",
  };
}

}  // namespace

std::vector<Command> WebhookDeliveryEntries() {
  return {Deliveries(), Replay(), Replays(), Test()};
}

}  // namespace egd::catalogue
