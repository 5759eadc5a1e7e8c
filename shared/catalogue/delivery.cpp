// Delivery: what the engine does with accepted mail, and why.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "delivery";

Command Classify() {
  return {
      .name = "classify",
      .group = kGroup,
      .summary = "Explain what a mail server's reply means for a delivery",
      .details =
          "Says what the failure policy makes of the reply: what it refuses, whether it bounces or "
          "waits, whom it concerns, whether the address gets suppressed, what the lane to that "
          "destination does once several messages have met it, which rule decided and by which "
          "words of the reply. All lines count; addresses, host names and URLs in them do not. "
          "Nothing is sent or changed.",
      .params = {{.name = "Reply",
                  .type = ParamType::kText,
                  .help = "The reply with its code, in one line or several",
                  .required = true,
                  .missing_code = 1,
                  .max_length = 8192},
                 {.name = "Stage",
                  .help = "What it was the answer to",
                  .default_text = "RCPT",
                  .choices = {"greeting", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "content"}}},
      .results = {{"Event", FieldType::kString, "bounce or deferred"},
                  {"Verdict", FieldType::kString,
                   "What it refuses: mailbox, mailbox-temporary, content, sender-domain, "
                   "return-path, sender-reputation (us), policy, temporary, protocol, "
                   "recipient-domain or unclear"},
                  {"Cause", FieldType::kString,
                   "Why, by its usual name: userunknown, mailboxfull, spamdetected, ..."},
                  {"BounceClass", FieldType::kString, "Class of a bounce, else empty"},
                  {"Scope", FieldType::kString,
                   "Whom it concerns: session, host, destination, sender-domain, message or "
                   "recipient"},
                  {"Suppress", FieldType::kBoolean, "The address is put on the suppression list"},
                  {"Lane", FieldType::kString, "keep, slow or pause"},
                  {"Rule", FieldType::kString, "Name of the rule that decided"},
                  {"Reason", FieldType::kString, "The rule in words"},
                  {"Words", FieldType::kList,
                   "The reply's words that decided; empty when a code did"},
                  {"Code", FieldType::kInteger, "Reply code"},
                  {"EnhancedCode", FieldType::kString, "Enhanced status code, or empty"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Reply is missing"},
                 {2, ErrorKind::kInvalidArgument, "Reply does not begin with a reply code",
                  Cause::kReplyUnreadable},
                 {3, ErrorKind::kInvalidArgument, "The reply does not indicate a failure",
                  Cause::kReplyNotFailure}},
      .example_request = R"({"Reply": "550-5.1.1 The email account does not exist."})",
      .example_reply = R"({
  "Event": "bounce",
  "Verdict": "mailbox",
  "Cause": "userunknown",
  "BounceClass": "hard",
  "Scope": "recipient",
  "Suppress": true,
  "Lane": "keep",
  "Rule": "no-mailbox",
  "Reason": "the mailbox does not exist",
  "Words": ["account does not exist"],
  "Code": 550,
  "EnhancedCode": "5.1.1"
})",
      .example_cli = "egctl classify '550-5.7.1 Our system has detected an unusual rate of mail'",
  };
}

Command Explain() {
  return {
      .name = "explain",
      .group = kGroup,
      .summary = "Explain what happened to a message, and why",
      .details =
          "Shows each recipient's state, the mail server and TLS facts of the last attempt, the "
          "SMTP dialogue without the message's content (kept for 7 days), the rule that judged "
          "the reply, when the next attempt is due, and all events, oldest first. At most 100 "
          "recipients are shown: name one to see another. A user sees their own messages only.",
      .has_large_reply = true,
      .params = {{.name = "MessageID",
                  .help = "The MessageID, as returned by sendemail",
                  .required = true,
                  .missing_code = 1},
                 {.name = "Recipient", .help = "Only this recipient"}},
      .results = Concat(
          {{"MessageID", FieldType::kString, "The message"},
           {"From", FieldType::kString, "Its From header"},
           {"Subject", FieldType::kString, "Its subject"},
           {"AcceptedAt", FieldType::kString, "When it was accepted"},
           {"SendAt", FieldType::kString, "When its sender wanted it sent, else empty"},
           {"ExpiresAt", FieldType::kString, "When attempts stop"},
           {"Test", FieldType::kBoolean, "true: a test key sent it", false},
           {"Recipients", FieldType::kList, "Outcome for each"},
           {"Recipients[].Recipient", FieldType::kString, "Address"},
           {"Recipients[].State", FieldType::kString,
            "queued, scheduled, deferred, delivered, bounced, rejected, cancelled or dropped"},
           {"Recipients[].Attempts", FieldType::kInteger, "Attempts made"},
           {"Recipients[].NextAttemptAt", FieldType::kString, "When it is tried next, else empty"},
           {"Recipients[].WaitsFor", FieldType::kString,
            "What keeps it from being tried now, else empty"},
           {"Recipients[].WaitsUntil", FieldType::kString, "Until when, else empty"},
           {"Recipients[].MXHost", FieldType::kString, "Mail server of the last attempt"},
           {"Recipients[].MXAddress", FieldType::kString, "Its address"},
           {"Recipients[].TLS", FieldType::kString,
            "Version, cipher and verification, or empty for plain text"},
           {"Recipients[].SMTPResponse", FieldType::kString, "What it answered"},
           {"Recipients[].BounceClass", FieldType::kString, "Class of a bounce, else empty"},
           {"Recipients[].Rule", FieldType::kString, "Rule that judged a failure, else empty"},
           {"Recipients[].Reason", FieldType::kString, "The rule in words"},
           {"Recipients[].Dialogue", FieldType::kList,
            "Lines of the last attempt: > ours, < the server's, = a remark"},
           {"Timeline", FieldType::kList, "The events, oldest first"}},
          Under("Timeline[]", UserEventFields())),
      .errors = {{1, ErrorKind::kInvalidArgument, "MessageID is missing"},
                 {2, ErrorKind::kNotFound, "Message not found or access denied",
                  Cause::kMessageNotFound}},
      .columns = {"Recipient", "State", "Attempts", "NextAttemptAt", "SMTPResponse", "Reason"},
      .example_request = R"({"MessageID": "01890a5d-ac96-774b-bcce-b302099a8057"})",
      .example_reply = R"({
  "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057",
  "From": "john@example.com",
  "Subject": "Hello",
  "AcceptedAt": "2024-01-31 13:00:00",
  "SendAt": "2024-01-31 13:00:00",
  "ExpiresAt": "2024-02-04 13:00:00",
  "Recipients": [
    {
      "Recipient": "jane@example.org", "State": "deferred", "Attempts": 1,
      "NextAttemptAt": "2024-01-31 13:01:02", "WaitsFor": "its next attempt",
      "WaitsUntil": "2024-01-31 13:01:02", "MXHost": "mx.example.org",
      "MXAddress": "192.0.2.25", "TLS": "TLSv1.3 TLS_AES_256_GCM_SHA384 verified",
      "SMTPResponse": "450 4.2.0 Greylisted", "BounceClass": "", "Rule": "refused-now",
      "Reason": "refused for now",
      "Dialogue": ["= connecting to mx.example.org [192.0.2.25]:25", "< 220 mx.example.org",
                   "> RCPT TO:<jane@example.org>", "< 450 4.2.0 Greylisted"]
    }
  ],
  "Timeline": [
    {
      "event": "accepted", "timestamp": 1706706000, "Sequence": 4711,
      "message": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "headers": {"from": "john@example.com", "to": "jane@example.org", "subject": "Hello"}
      },
      "recipient": "jane@example.org", "tags": []
    }
  ]
})",
      .example_cli = "egctl explain 01890a5d-ac96-774b-bcce-b302099a8057 -o json",
  };
}

Command Queue() {
  return {
      .name = "queue",
      .group = kGroup,
      .summary = "Show the queue by destination",
      .details =
          "The deepest destinations first, and those that are paused. States: sending, waiting for "
          "its time, idle, down (no server there accepts mail: the lane pauses and tries again), "
          "slow (fewer connections because the server is limiting us) and paused by an operator.",
      .caller = Caller::kAdmin,
      .has_large_reply = true,
      .params = {{.name = "Limit",
                  .type = ParamType::kInteger,
                  .help = "How many destinations",
                  .default_text = "50",
                  .minimum = 1,
                  .maximum = 1000},
                 {.name = "Destination", .help = "Only this recipient domain"}},
      .results = {{"Lanes", FieldType::kList, "The destinations"},
                  {"Lanes[].Destination", FieldType::kString, "Recipient domain"},
                  {"Lanes[].State", FieldType::kString, "As above"},
                  {"Lanes[].Depth", FieldType::kInteger, "Recipients waiting or being sent to"},
                  {"Lanes[].OldestAgeSeconds", FieldType::kInteger,
                   "Age of the oldest queued recipient"},
                  {"Lanes[].Connections", FieldType::kInteger, "Open connections"},
                  {"Lanes[].DownUntil", FieldType::kString,
                   "When a lane that is down tries again, else empty"},
                  {"Lanes[].WaitsFor", FieldType::kString, "Why it is down, else empty"},
                  {"Lanes[].LastReply", FieldType::kString, "Last reply"},
                  {"Lanes[].LastReplyAt", FieldType::kString, "When, or empty"}},
      .errors = {{2, ErrorKind::kInvalidArgument, "Destination is not a domain name",
                  Cause::kDestinationInvalid}},
      .example_request = R"({"Limit": 10})",
      .example_reply = R"({
  "Lanes": [
    {
      "Destination": "example.org", "State": "down", "Depth": 1042, "OldestAgeSeconds": 318,
      "Connections": 0, "DownUntil": "2024-01-31 13:05:30",
      "WaitsFor": "no usable SMTP dialogue with this server",
      "LastReply": "connect: Connection refused", "LastReplyAt": "2024-01-31 13:05:00"
    }
  ]
})",
      .example_cli = "egctl queue --limit 10",
  };
}

Param Destination() {
  return {.name = "Destination",
          .help = "Recipient domain, or an address literal",
          .required = true,
          .missing_code = 1};
}

const std::vector<ErrorEntry> kDestinationErrors = {
    {1, ErrorKind::kInvalidArgument, "Destination is missing"},
    {2, ErrorKind::kInvalidArgument, "Destination is not a domain name",
     Cause::kDestinationInvalid},
};

Command PauseQueue() {
  return {
      .name = "queue.pause",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Pause delivery to a destination",
      .details =
          "Lasts until queue.resume and survives restarts. Nothing is lost or bounced, and "
          "dialogues in progress continue. A message that expires while paused is tried once more "
          "on resuming.",
      .caller = Caller::kAdmin,
      .params = {Destination()},
      .results = {{"Destination", FieldType::kString, "As it is written in the queue"},
                  {"State", FieldType::kString, "paused"}},
      .errors = kDestinationErrors,
      .example_request = R"({"Destination": "paused.example.org"})",
      .example_reply = R"({"Destination": "paused.example.org", "State": "paused"})",
      .example_cli = "egctl queue.pause example.org",
  };
}

Command WakeQueue(std::string_view name, std::string_view summary, std::string_view details,
                  std::string_view example_cli) {
  return {
      .name = name,
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = summary,
      .details = details,
      .caller = Caller::kAdmin,
      .params = {Destination()},
      .results = {{"Destination", FieldType::kString, "As it is written in the queue"},
                  {"MadeDue", FieldType::kInteger, "Recipients made due"}},
      .errors = kDestinationErrors,
      .example_request = R"({"Destination": "example.org"})",
      .example_reply = R"({"Destination": "example.org", "MadeDue": 1042})",
      .example_cli = example_cli,
  };
}

}  // namespace

std::vector<Command> DeliveryEntries() {
  return {Classify(),
          Explain(),
          Queue(),
          PauseQueue(),
          WakeQueue("queue.resume", "Resume delivery to a destination",
                    "Mail that was waiting is due at once.", "egctl queue.resume example.org"),
          WakeQueue("queue.retry", "Try the mail for a destination again now",
                    "Deferred mail is due at once, and a lane that is down or slow tries again. "
                    "Scheduled mail keeps waiting for its time.",
                    "egctl queue.retry example.org")};
}

}  // namespace egd::catalogue
