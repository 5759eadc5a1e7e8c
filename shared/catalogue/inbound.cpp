// Mail that came back: bounces, complaints, unsubscribes, and what was not understood.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "inbound";

constexpr ErrorEntry kNotFound = {2, ErrorKind::kNotFound, "Inbound mail not found",
                                  Cause::kInboundNotFound};

Param InboundId() {
  return {.name = "InboundID",
          .type = ParamType::kInteger,
          .help = "The mail, as inbound.list shows it",
          .required = true,
          .missing_code = 1,
          .minimum = 1};
}

ErrorEntry MissingId() {
  return {1, ErrorKind::kInvalidArgument, "InboundID is missing", Cause::kInboundUnnamed};
}

std::vector<Field> MailFields() {
  return {{"InboundID", FieldType::kInteger, "Its number"},
          {"ReceivedAt", FieldType::kString, "When it came, UTC"},
          {"ExpiresAt", FieldType::kString, "Until when it is kept, UTC"},
          {"Kind", FieldType::kString,
           "bounce, delay, success, autoreply, ignored, complaint, report, unsubscribe, dmarc, "
           "tlsrpt or "
           "other"},
          {"Understood", FieldType::kBoolean, "false: it could be taught"},
          {"Result", FieldType::kString, "What was made of it"},
          {"Recipient", FieldType::kString, "Envelope recipient"},
          {"Sender", FieldType::kString, "Envelope sender, or empty"},
          {"Client", FieldType::kString, "The server that brought it"},
          {"Subject", FieldType::kString, "Its subject"},
          {"MessageID", FieldType::kString, "The message it is about, or empty"},
          {"Size", FieldType::kInteger, "Octets, as it came"}};
}

Command List() {
  return {
      .name = "inbound.list",
      .group = kGroup,
      .summary = "List mail that came back",
      .details =
          "Newest first: bounces, complaints, unsubscribes, DMARC and TLS reports, and what was "
          "not "
          "understood. What was understood is kept for 7 days, the rest for 30. Also shows the "
          "rules that "
          "inbound.teach made.",
      .caller = Caller::kAdmin,
      .has_large_reply = true,
      .params = {{.name = "Kind",
                  .help = "Only mail of this kind",
                  .choices = {"bounce", "delay", "success", "autoreply", "ignored", "complaint",
                              "report", "unsubscribe", "dmarc", "tlsrpt", "other"}},
                 {.name = "Understood",
                  .type = ParamType::kBoolean,
                  .help = "Only mail that was, or was not, understood"},
                 {.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "Mails to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "Mails to return",
                  .default_text = "100",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = Concat({{"TotalRecords", FieldType::kInteger, "On all pages"},
                         {"Inbound", FieldType::kList, "The mails of this page"},
                         {"Rules", FieldType::kList, "What was taught, oldest first"},
                         {"Rules[].Phrase", FieldType::kString, "What is looked for"},
                         {"Rules[].Verdict", FieldType::kString, "What a mail with it means"},
                         {"Rules[].CreatedAt", FieldType::kString, "Since when, UTC"}},
                        Under("Inbound[]", MailFields())),
      .columns = {"InboundID", "ReceivedAt", "Kind", "Recipient", "Subject", "Result"},
      .example_request = R"({"Kind": "other"})",
      .example_reply = R"({
  "TotalRecords": 1,
  "Inbound": [
    {
      "InboundID": 12, "ReceivedAt": "2026-01-31 12:00:00", "ExpiresAt": "2026-03-02 12:00:00",
      "Kind": "other", "Understood": false, "Result": "not understood: no event",
      "Recipient": "b-agixvtotxu2hgbd7yopqaaaaaaac4xlqqkxtp2j@sl.example.com", "Sender": "",
      "Client": "mx.example.net [192.0.2.25]", "Subject": "Your mail",
      "MessageID": "", "Size": 2300
    }
  ],
  "Rules": [
    {"Phrase": "nobody of that name", "Verdict": "userunknown", "CreatedAt": "2026-01-31 12:00:00"}
  ]
})",
      .example_cli = "egctl inbound.list --kind other",
  };
}

Command Show() {
  return {
      .name = "inbound.show",
      .group = kGroup,
      .summary = "Show how a mail that came back is read",
      .details =
          "What the mail says, as the readers and the taught rules understand it now, and what was "
          "made of it when it came. inbound.raw shows the mail itself.",
      .caller = Caller::kAdmin,
      .has_large_reply = true,
      .params = {InboundId()},
      .results = Concat(
          {{"Inbound", FieldType::kObject, "The mail"},
           {"Reading", FieldType::kObject, "What it says"},
           {"Reading.Kind", FieldType::kString, "As in inbound.list"},
           {"Reading.ReportingServer", FieldType::kString, "Who reports, or empty"},
           {"Reading.FeedbackType", FieldType::kString, "Of a feedback report, else empty"},
           {"Reading.Rule", FieldType::kString, "The taught phrase that decided, or empty"},
           {"Reading.Text", FieldType::kString, "What it says to people, its beginning"},
           {"Reading.Recipients", FieldType::kList, "Of a bounce: whom it names"},
           {"Reading.Recipients[].Recipient", FieldType::kString, "The address, or empty"},
           {"Reading.Recipients[].OriginalRecipient", FieldType::kString,
            "Before it was forwarded, or empty"},
           {"Reading.Recipients[].SMTPCode", FieldType::kInteger, "Reply code, or 0"},
           {"Reading.Recipients[].EnhancedCode", FieldType::kString, "Status code, or empty"},
           {"Reading.Recipients[].Reason", FieldType::kString, "userunknown, mailboxfull, ..."},
           {"Reading.Recipients[].Hard", FieldType::kBoolean, "Mail to it will never arrive"},
           {"Reading.Recipients[].SMTPResponse", FieldType::kString, "What was said"}},
          Under("Inbound", MailFields())),
      .errors = {MissingId(), kNotFound},
      .example_request = R"({"InboundID": 12})",
      .example_reply = R"({
  "Inbound": {
    "InboundID": 12, "ReceivedAt": "2026-01-31 12:00:00", "ExpiresAt": "2026-02-07 12:00:00",
    "Kind": "bounce", "Understood": true, "Result": "bounce of jane@example.net: userunknown",
    "Recipient": "b-agixvtotxu2hgbd7yopqaaaaaaac4xlqqkxtp2j@sl.example.com", "Sender": "",
    "Client": "mx.example.net [192.0.2.25]", "Subject": "Undelivered Mail Returned to Sender",
    "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "Size": 2300
  },
  "Reading": {
    "Kind": "bounce", "ReportingServer": "mx.example.net", "FeedbackType": "", "Rule": "",
    "Text": "Your message could not be delivered.",
    "Recipients": [
      {
        "Recipient": "jane@example.net", "OriginalRecipient": "", "SMTPCode": 550,
        "EnhancedCode": "5.1.1", "Reason": "userunknown", "Hard": true,
        "SMTPResponse": "550 5.1.1 no such user"
      }
    ]
  }
})",
      .example_cli = "egctl inbound.show 12",
  };
}

Command Raw() {
  return {
      .name = "inbound.raw",
      .group = kGroup,
      .summary = "Print a mail that came back",
      .details = "The mail as it came, at most its first MiB, with the trace of how it came.",
      .caller = Caller::kAdmin,
      .params = {InboundId()},
      .text_type = "message/rfc822",
      .errors = {MissingId(), kNotFound},
      .example_request = R"({"InboundID": 12})",
      .example_reply = "Return-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n...",
      .example_cli = "egctl inbound.raw 12",
  };
}

Command Retry() {
  return {
      .name = "inbound.retry",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Read a mail that came back again",
      .details =
          "As if it had just come: with the readers of today and the rules taught since. What was "
          "recorded before is not recorded twice.",
      .caller = Caller::kAdmin,
      .params = {InboundId()},
      .results = Concat({{"Inbound", FieldType::kObject, "The mail, as it is understood now"}},
                        Under("Inbound", MailFields())),
      .errors = {MissingId(),
                 kNotFound,
                 {3, ErrorKind::kUnprocessable, "The message it is about is no longer known",
                  Cause::kMessageUnknown}},
      .example_request = R"({"InboundID": 12})",
      .example_reply = R"({
  "Inbound": {
    "InboundID": 12, "ReceivedAt": "2026-01-31 12:00:00", "ExpiresAt": "2026-02-07 12:00:00",
    "Kind": "bounce", "Understood": true, "Result": "bounce of jane@example.net: userunknown",
    "Recipient": "b-agixvtotxu2hgbd7yopqaaaaaaac4xlqqkxtp2j@sl.example.com", "Sender": "",
    "Client": "mx.example.net [192.0.2.25]", "Subject": "Undelivered Mail Returned to Sender",
    "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "Size": 2300
  }
})",
      .example_cli = "egctl inbound.retry 12",
  };
}

Command Teach() {
  return {
      .name = "inbound.teach",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Teach what a phrase in mail that came back means",
      .details =
          "Mail to a return-path that contains the phrase means the verdict from now on: a bounce "
          "for that reason, or with ignore no event. Case and line breaks do not matter. The mail "
          "that shows the phrase is read again at once. Taught rules come before everything that "
          "egd knows by itself; at most 200 are kept. The verdict forget removes the rule again, "
          "and needs no mail.",
      .caller = Caller::kAdmin,
      .params = {{.name = "Phrase",
                  .help = "Words of the mail's subject or text",
                  .required = true,
                  .missing_code = 4,
                  .max_length = 200},
                 {.name = "Verdict",
                  .help = "What they mean",
                  .required = true,
                  .missing_code = 5,
                  .choices = {"authfailure",  "badreputation",   "blocked",       "contenterror",
                              "exceedlimit",  "expired",         "filtered",      "forget",
                              "hasmoved",     "hostunknown",     "ignore",        "mailboxfull",
                              "mailererror",  "mesgtoobig",      "networkerror",  "norelaying",
                              "notaccept",    "notcompliantrfc", "onhold",        "policyviolation",
                              "rejected",     "requireptr",      "securityerror", "spamdetected",
                              "speeding",     "suspend",         "syntaxerror",   "systemerror",
                              "systemfull",   "toomanyconn",     "undefined",     "userunknown",
                              "virusdetected"}},
                 {.name = "InboundID",
                  .type = ParamType::kInteger,
                  .help = "The mail that shows the phrase; not with forget",
                  .minimum = 1}},
      .results = Concat({{"Phrase", FieldType::kString, "As it is looked for"},
                         {"Verdict", FieldType::kString, "What it means"},
                         {"Inbound", FieldType::kObject, "The mail, read again", false}},
                        [] {
                          auto fields = Under("Inbound", MailFields());
                          for (Field& field : fields) field.always = false;
                          return fields;
                        }()),
      .errors = {MissingId(),
                 kNotFound,
                 {3, ErrorKind::kUnprocessable, "The message it is about is no longer known",
                  Cause::kMessageUnknown},
                 {4, ErrorKind::kInvalidArgument, "Phrase is missing"},
                 {5, ErrorKind::kInvalidArgument, "Verdict is missing"},
                 {6, ErrorKind::kUnprocessable, "The mail does not contain the phrase",
                  Cause::kPhraseNotFound},
                 {7, ErrorKind::kConflict, "There are 200 rules already", Cause::kRuleLimitReached},
                 {8, ErrorKind::kNotFound, "No rule has this phrase", Cause::kRuleNotFound},
                 {9, ErrorKind::kInvalidArgument, "Phrase has fewer than 4 characters",
                  Cause::kPhraseTooShort}},
      .example_request =
          R"({"InboundID": 12, "Phrase": "nobody of that name", "Verdict": "userunknown"})",
      .example_reply = R"({
  "Phrase": "nobody of that name",
  "Verdict": "userunknown",
  "Inbound": {
    "InboundID": 12, "ReceivedAt": "2026-01-31 12:00:00", "ExpiresAt": "2026-02-07 12:00:00",
    "Kind": "bounce", "Understood": true, "Result": "bounce of jane@example.net: userunknown",
    "Recipient": "b-agixvtotxu2hgbd7yopqaaaaaaac4xlqqkxtp2j@sl.example.com", "Sender": "",
    "Client": "mx.example.net [192.0.2.25]", "Subject": "Your mail",
    "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "Size": 2300
  }
})",
      .example_cli = "egctl inbound.teach 'nobody of that name' userunknown --inbound-id 12",
  };
}

}  // namespace

std::vector<Command> InboundEntries() {
  return {List(), Show(), Raw(), Retry(), Teach()};
}

}  // namespace egd::catalogue
