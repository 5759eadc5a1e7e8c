// What mailbox providers ask of bulk mail.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr size_t kMaxMessageBytes = 64 * 1024 * 1024;

Command CheckBulk() {
  return {
      .name = "checkbulk",
      .group = "email",
      .summary = "Check a mail against Gmail's and Yahoo's rules for bulk senders",
      .details =
          "Looks at one-click unsubscribing, DKIM and its alignment, what the signature covers, "
          "the header, MIME, sizes and the DMARC record of the From domain. Check a mail as a "
          "recipient got it (\"show original\", or captured from a test): the gateway adds "
          "signature, "
          "List-Unsubscribe and Feedback-ID when it sends. Signatures are looked at, not verified. "
          "Nothing is sent or stored.",
      .takes_long = true,
      .params = {{.name = "Message",
                  .type = ParamType::kText,
                  .help = "The mail, header and body (RFC 5322)",
                  .required = true,
                  .required_unless = "MessageBase64",
                  .missing_code = 1,
                  .max_length = kMaxMessageBytes,
                  .octets = true},
                 {.name = "MessageBase64",
                  .type = ParamType::kText,
                  .help =
                      "The mail in base64, in place of Message: for octets that JSON cannot hold",
                  .max_length = kMaxMessageBytes},
                 {.name = "Offline",
                  .type = ParamType::kFlag,
                  .help = "Leave out what needs the DNS: the DMARC record",
                  .default_text = "0"}},
      .results = {{"Findings", FieldType::kInteger, "Rules that fail"},
                  {"Rules", FieldType::kList, "Every rule"},
                  {"Rules[].Rule", FieldType::kString, "Its name"},
                  {"Rules[].Status", FieldType::kString, "pass, fail or unchecked"},
                  {"Rules[].Found", FieldType::kString,
                   "What is wrong, or why it was not checked, else empty"},
                  {"Rules[].Source", FieldType::kString, "Where the rule is from"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Message is missing"}},
      .columns = {"Rule", "Status", "Found", "Source"},
      .example_request = R"({
  "Message": "From: john@example.com\r\nSubject: Sale\r\n\r\nHello", "Offline": 1
})",
      .example_reply = R"({
  "Findings": 1,
  "Rules": [
    {
      "Rule": "one-click", "Status": "fail", "Found": "no List-Unsubscribe-Post",
      "Source": "RFC 8058 section 3.1"
    }
  ]
})",
      .example_cli = "egctl checkbulk newsletter.eml",
      .cli_use = CliUse::kJudge,
      .example_cli_use = "egctl checkbulk --offline newsletter.eml",
  };
}

}  // namespace

std::vector<Command> BulkEntries() {
  return {CheckBulk()};
}

}  // namespace egd::catalogue
