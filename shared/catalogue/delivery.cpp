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
          "Says what the failure policy makes of the reply: whether it bounces or waits, whom it "
          "concerns (session, host, destination, message or recipient), whether the address gets "
          "suppressed, what the lane to that destination does (keep, slow or pause), and which "
          "rule decided. Nothing is sent or changed.",
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
                  {"BounceClass", FieldType::kString, "Class of a bounce, else empty"},
                  {"Scope", FieldType::kString,
                   "Whom it concerns: session, host, destination, message or recipient"},
                  {"Suppress", FieldType::kBoolean, "The address is put on the suppression list"},
                  {"Lane", FieldType::kString, "keep, slow or pause"},
                  {"Rule", FieldType::kString, "Name of the rule that decided"},
                  {"Reason", FieldType::kString, "The rule in words"},
                  {"Code", FieldType::kInteger, "Reply code"},
                  {"EnhancedCode", FieldType::kString, "Enhanced status code, or empty"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Reply is missing"},
                 {2, ErrorKind::kInvalidArgument, "Reply does not begin with a reply code"},
                 {3, ErrorKind::kInvalidArgument, "The reply is no failure"}},
      .example_request = R"({"Reply": "550-5.1.1 The email account does not exist."})",
      .example_reply = R"({
  "Event": "bounce",
  "BounceClass": "hard",
  "Scope": "recipient",
  "Suppress": true,
  "Lane": "keep",
  "Rule": "no-mailbox",
  "Reason": "the mailbox does not exist or is closed",
  "Code": 550,
  "EnhancedCode": "5.1.1"
})",
      .example_cli = "egctl classify '550-5.7.1 Our system has detected an unusual rate of mail'",
  };
}

}  // namespace

std::vector<Command> DeliveryEntries() {
  return {Classify()};
}

}  // namespace egd::catalogue
