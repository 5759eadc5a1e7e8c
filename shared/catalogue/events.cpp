// Events: what happened to each message (contract section 6), for users and for sender keys.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "events";

// The two forms of an event differ in the spelling of their keys; an empty one: not in that form.
struct Spelling {
  std::string_view user, pub;
  FieldType type;
  std::string_view help;
  bool always = true;
  bool unix_time = false;
};

const std::vector<Spelling> kEventFields = {
    {"event", "Event", FieldType::kString,
     "accepted, rejected, deferred, delivery, bounce, open, click, unsubscribe or complaint"},
    {"timestamp", "LoggedAt", FieldType::kInteger, "When it happened, Unix seconds", true, true},
    {"Sequence", "Sequence", FieldType::kInteger, "Strictly increasing, never used twice"},
    {"message", "Message", FieldType::kObject, "The message it happened to"},
    {"message.id", "Message.ID", FieldType::kString, "MessageID that sending answered with"},
    {"message.headers", "Message.Headers", FieldType::kObject, "Its headers"},
    {"message.headers.from", "Message.Headers.From", FieldType::kString, "From"},
    {"message.headers.to", "Message.Headers.To", FieldType::kString, "To"},
    {"message.headers.subject", "Message.Headers.Subject", FieldType::kString, "Subject"},
    {"recipient", "Recipient", FieldType::kString, "The one recipient it is about"},
    {"tags", "Tags", FieldType::kList, "The message's tags"},
    {"journey_id", "JourneyID", FieldType::kInteger, "Of a journey's message: the journey", false},
    {"action_id", "ActionID", FieldType::kInteger, "Of a journey's message: the action", false},
    {"smtp_code", "SMTPCode", FieldType::kInteger, "After an SMTP reply: its code", false},
    {"enhanced_code", "EnhancedCode", FieldType::kString,
     "After an SMTP reply: its enhanced status code (RFC 3463)", false},
    {"smtp_response", "SMTPResponse", FieldType::kString, "After an SMTP reply: its text", false},
    {"mx_host", "MXHost", FieldType::kString, "After a connection: the receiving host", false},
    {"mx_address", "MXAddress", FieldType::kString, "After a connection: its IP address", false},
    {"tls", "TLS", FieldType::kString, "After an encrypted connection: how", false},
    {"attempt", "Attempt", FieldType::kInteger, "After an attempt to deliver: its number", false},
    {"delivery_ms", "DeliveryMs", FieldType::kInteger,
     "delivery and bounce: milliseconds since it was accepted", false},
    {"bounce_class", "BounceClass", FieldType::kString, "bounce: hard, quota, policy, expired, ...",
     false},
    {"reason", "Reason", FieldType::kString,
     "rejected and complaint: why; bounce that came back as mail: userunknown, mailboxfull, ...",
     false},
    {"Source", "Source", FieldType::kString,
     "bounce and complaint: dialogue (the server told us), dsn or feedback (mail that came back)",
     false},
    {"ReportingServer", "ReportingServer", FieldType::kString,
     "bounce and complaint that came back as mail: who reported it", false},
    {"url", "URL", FieldType::kString, "click: the link", false},
    {"client_address", "ClientAddress", FieldType::kString,
     "open, click and unsubscribe: the reader's IP address", false},
    {"user_agent", "UserAgent", FieldType::kString,
     "open, click and unsubscribe: the reader's program", false},
    {"Automated", "Automated", FieldType::kBoolean,
     "open and click: a scanner, proxy or preview did it, not a person", false},
    {"AutomatedReason", "AutomatedReason", FieldType::kString,
     "open and click: the rule that says so, or empty; classifyhit explains it", false},
    {"UserAgent", "", FieldType::kString, "open and click: the reader's program", false},
    {"IPAddress", "IPAddress", FieldType::kString, "open and click: the reader's IP address",
     false},
    {"First", "First", FieldType::kBoolean, "open and click: the recipient's first of this message",
     false},
    {"URL", "", FieldType::kString, "click: the link", false},
    {"LinkIndex", "LinkIndex", FieldType::kInteger, "click: which of the message's links, from 0",
     false},
    {"Test", "Test", FieldType::kBoolean, "true: of a message that a test key sent", false},
};

std::vector<Field> FieldsOf(std::string_view Spelling::*form) {
  std::vector<Field> fields;
  for (const Spelling& row : kEventFields) {
    if ((row.*form).empty()) continue;
    fields.push_back({std::string(row.*form), row.type, row.help, row.always, row.unix_time});
  }
  return fields;
}

std::vector<Field> EventList(std::string_view Spelling::*form) {
  return Concat({{"TotalRecords", FieldType::kInteger,
                  "Events that match, on all pages; with AfterSequence, those of this answer"},
                 {"Events", FieldType::kList, "The events of this page, newest first"},
                 {"LastSequence", FieldType::kInteger,
                  "How far the log was read: pass it as AfterSequence to continue"}},
                Under("Events[]", FieldsOf(form)));
}

Param AfterSequence() {
  return {
      .name = "AfterSequence",
      .type = ParamType::kInteger,
      .help = "Only events after the one with this Sequence, oldest first; StartFrom is ignored",
      .minimum = 0};
}

Param EventFilter() {
  return {.name = "Event", .help = "Only events of this type", .choices = EventWords()};
}

Param JourneyFilter() {
  return {.name = "JourneyID",
          .type = ParamType::kInteger,
          .help = "Only events of this journey's messages",
          .minimum = 1};
}
Param ActionFilter() {
  return {.name = "ActionID",
          .type = ParamType::kInteger,
          .help = "Only events of this journey action's messages",
          .minimum = 1};
}

Command ForUser() {
  return {
      .name = "emailgateway.getevents",
      .group = kGroup,
      .summary = "List what happened to a domain's messages",
      .details =
          "Newest first. Dates are days in UTC, both ends included. Query finds a text, whatever "
          "its case, in from, to, subject, message ID, tags, SMTP response, MX host and URL; one "
          "of fewer than three characters in the 20,000 newest events alone. To follow events as "
          "they happen, pass each answer's LastSequence as the next AfterSequence.",
      .permission = "EmailGateway.ManageDomain",
      .has_large_reply = true,
      .params = {DomainId(),
                 {.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "Events to skip",
                  .required = true,
                  .missing_code = 4,
                  .minimum = 0,
                  .follow_default = "0"},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "Events to return",
                  .required = true,
                  .missing_code = 5,
                  .minimum = 1,
                  .maximum = 100,
                  .follow_default = "10"},
                 {.name = "StartDate", .type = ParamType::kDay, .help = "First day"},
                 {.name = "EndDate", .type = ParamType::kDay, .help = "Last day"},
                 EventFilter(),
                 {.name = "Query", .help = "Only events with this text", .max_length = 255},
                 JourneyFilter(),
                 ActionFilter(),
                 AfterSequence()},
      .results = EventList(&Spelling::user),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound},
                 {4, ErrorKind::kInvalidArgument, "StartFrom is missing"},
                 {5, ErrorKind::kInvalidArgument, "RetrieveCount is missing"}},
      .columns = {"timestamp", "event", "recipient", "message.headers.subject", "smtp_response"},
      .example_request =
          R"({"DomainID": 123, "StartFrom": 0, "RetrieveCount": 50, "Event": "delivery"})",
      .example_reply = R"({
  "TotalRecords": 150,
  "Events": [
    {
      "event": "delivery",
      "timestamp": 1640000000,
      "Sequence": 4711,
      "message": {
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "headers": {
          "from": "sender@example.com",
          "to": "recipient@example.com",
          "subject": "Test Email"
        }
      },
      "recipient": "recipient@example.com",
      "tags": [],
      "smtp_code": 250,
      "smtp_response": "250 2.0.0 Ok: queued",
      "mx_host": "mx.example.com",
      "attempt": 1,
      "delivery_ms": 840
    }
  ],
  "LastSequence": 4711
})",
      .example_cli = "egctl getevents example.com 0 50 --event delivery",
      .cli_use = CliUse::kFollow,
      .example_cli_use = "egctl getevents example.com --follow",
  };
}

Command Export() {
  return {
      .name = "emailgateway.exportevents",
      .group = kGroup,
      .summary = "Export what happened to a domain's messages as CSV",
      .details =
          "One line an event, newest first, after a line of column names; UTF-8 with a byte-order "
          "mark. A domain that has events of test keys gets a last column Test: true or empty. A "
          "cell that a spreadsheet would run as a formula gets a leading apostrophe. The "
          "text is streamed, whatever its length; a transfer that ends early was cut off by a "
          "failure.",
      .permission = "EmailGateway.ManageDomain",
      .params = {DomainId(),
                 {.name = "StartDate", .type = ParamType::kDay, .help = "First day"},
                 {.name = "EndDate", .type = ParamType::kDay, .help = "Last day"},
                 EventFilter(),
                 {.name = "Query", .help = "Only events with this text", .max_length = 255},
                 JourneyFilter(),
                 ActionFilter(),
                 {.name = "Limit",
                  .type = ParamType::kInteger,
                  .help = "How many at most; 0: all",
                  .default_text = "10000",
                  .minimum = 0}},
      .text_type = "text/csv",
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({"DomainID": 123, "Event": "bounce", "Limit": 0})",
      .example_reply =
          "\xef\xbb\xbfTime,Event,MessageID,From,To,Subject,Domain,SMTPCode\r\n2024-01-31 "
          "13:05:00,bounce,550e8400-e29b-41d4-a716-446655440000,sender@example.com,recipient@"
          "example.com,Test "
          "Email,example.com,550\r\n",
      .example_cli = "egctl exportevents example.com --event bounce --limit 0",
  };
}

Command ForSenderKey() {
  return {
      .name = "emailgateway.getevents.public",
      .group = kGroup,
      .summary = "List what happened to the messages of a sender key's domain",
      .details = "Newest first. Times are Unix seconds, both ends included.",
      .alias = {"GET", "/api/v1/events"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .key_codes = {.missing = 1, .invalid = 13, .invalid_domain = 2},
      .has_large_reply = true,
      .params = {{.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "Events to skip",
                  .invalid_code = 4,
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "Events to return",
                  .invalid_code = 5,
                  .default_text = "5",
                  .minimum = 1,
                  .maximum = 100},
                 {.name = "StartDate",
                  .type = ParamType::kTimestamp,
                  .help = "Not before this time"},
                 {.name = "EndDate", .type = ParamType::kTimestamp, .help = "Not after this time"},
                 EventFilter(),
                 {.name = "MessageID", .help = "Only events of this message", .max_length = 64},
                 JourneyFilter(),
                 ActionFilter(),
                 AfterSequence()},
      .results = EventList(&Spelling::pub),
      .errors = {{1, ErrorKind::kUnauthenticated, "SenderAPIKey is missing"},
                 {2, ErrorKind::kForbidden, "Invalid sender domain", Cause::kDomainNotFound},
                 {4, ErrorKind::kInvalidArgument, "StartFrom is not a number of events to skip"},
                 {5, ErrorKind::kInvalidArgument, "RetrieveCount is not a number from 1 to 100"},
                 {13, ErrorKind::kUnauthenticated, "SenderAPIKey is invalid"}},
      .columns = {"LoggedAt", "Event", "Recipient", "Message.Headers.Subject", "SMTPResponse"},
      .example_request = R"({"StartFrom": 0, "RetrieveCount": 50, "Event": "delivery"})",
      .example_reply = R"({
  "TotalRecords": 150,
  "Events": [
    {
      "Event": "delivery",
      "LoggedAt": 1640000000,
      "Sequence": 4711,
      "Message": {
        "ID": "550e8400-e29b-41d4-a716-446655440000",
        "Headers": {
          "From": "sender@example.com",
          "To": "recipient@example.com",
          "Subject": "Test Email"
        }
      },
      "Recipient": "recipient@example.com",
      "Tags": [],
      "SMTPCode": 250,
      "SMTPResponse": "250 2.0.0 Ok: queued",
      "MXHost": "mx.example.com",
      "Attempt": 1,
      "DeliveryMs": 840
    }
  ],
  "LastSequence": 4711
})",
      .example_cli = "egctl getevents.public --retrieve-count 50 --event delivery",
      .cli_use = CliUse::kFollow,
      .example_cli_use = "egctl getevents.public --follow",
  };
}

}  // namespace

const std::vector<std::string_view>& EventWords() {
  static const std::vector<std::string_view> words = {
      "accepted", "rejected",    "deferred",     "delivery",  "delivered",
      "bounce",   "bounced",     "open",         "opened",    "click",
      "clicked",  "unsubscribe", "unsubscribed", "complaint", "complained"};
  return words;
}

std::vector<Field> UserEventFields() {
  return FieldsOf(&Spelling::user);
}

std::vector<Command> EventEntries() {
  return {ForUser(), Export(), ForSenderKey()};
}

}  // namespace egd::catalogue
