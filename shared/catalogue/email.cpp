// Sending. The parser checks the shape of what is sent; what an address, a header or an attachment
// may be is checked by the daemon, which answers with the codes listed here.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "email";

// A bound for the parser alone; [limits] max_message_bytes and max_recipients are the operator's.
constexpr size_t kMaxBodyBytes = 64 * 1024 * 1024;
constexpr size_t kMaxRecipients = 100'000;

std::vector<Param> ContentParams() {
  return {
      {.name = "Subject", .help = "Subject line", .required = true, .missing_code = 8},
      {.name = "ContentType",
       .help = "What the message consists of",
       .required = true,
       .missing_code = 9,
       .choices = {"html", "plain", "both"}},
      {.name = "HTMLContent",
       .type = ParamType::kText,
       .help = "HTML body; required when ContentType is html or both",
       .too_long_code = 44,
       .max_length = kMaxBodyBytes},
      {.name = "PlainContent",
       .type = ParamType::kText,
       .help = "Plain text body; required when ContentType is plain or both",
       .too_long_code = 44,
       .max_length = kMaxBodyBytes},
  };
}

std::vector<Param> AddressParams() {
  return {
      {.name = "From",
       .type = ParamType::kMailbox,
       .help = "Sender, in the sender domain or below it",
       .required = true,
       .missing_code = 3,
       .invalid_code = 3,
       .address_code = 23},
      {.name = "To",
       .type = ParamType::kMailboxList,
       .help = "Recipients",
       .required = true,
       .missing_code = 8,
       .invalid_code = 18,
       .too_long_code = 20,
       .address_code = 19,
       .max_length = kMaxRecipients,
       .empty_is_value = true},
      {.name = "CC",
       .type = ParamType::kMailboxList,
       .help = "Recipients of a copy",
       .invalid_code = 21,
       .too_long_code = 20,
       .address_code = 22,
       .max_length = kMaxRecipients},
      {.name = "BCC",
       .type = ParamType::kMailboxList,
       .help = "Recipients of a copy whom the others do not see",
       .invalid_code = 24,
       .too_long_code = 27,
       .address_code = 26,
       .max_length = kMaxRecipients},
      {.name = "ReplyTo",
       .type = ParamType::kMailboxList,
       .help = "Where answers go",
       .invalid_code = 28,
       .too_long_code = 31,
       .address_code = 30,
       .max_length = 10},
  };
}

std::vector<Param> OptionParams() {
  return {
      {.name = "Tags",
       .type = ParamType::kStringList,
       .help = "Words of your own to find and count events by",
       .max_length = 50},
      {.name = "Headers",
       .type = ParamType::kStringMap,
       .help = "Further header fields; those the gateway writes itself are refused",
       .invalid_code = 42,
       .max_length = 100},
      {.name = "TrackLinks",
       .type = ParamType::kBoolean,
       .help = "Count clicks; by default as the domain's LinkTracking"},
      {.name = "TrackOpens",
       .type = ParamType::kBoolean,
       .help = "Count opens; by default as the domain's OpenTracking"},
      {.name = "UnsubscribeLink",
       .type = ParamType::kFlag,
       .help = "Add List-Unsubscribe headers with one-click unsubscription (RFC 8058); by default "
               "as the domain's UnsubscribeLink"},
      {.name = "SendAt",
       .type = ParamType::kTimestamp,
       .help = "Not before this time",
       .invalid_code = 43},
      {.name = "Attachments",
       .type = ParamType::kAttachmentList,
       .help =
           "Files; content is base64. disposition inline with a contentid shows an image in the "
           "HTML body as cid:<contentid>",
       .invalid_code = 41,
       .max_length = 100},
  };
}

std::vector<Param> SendParams() {
  std::vector<Param> params = ContentParams();
  for (Param& param : AddressParams()) params.push_back(std::move(param));
  for (Param& param : OptionParams()) params.push_back(std::move(param));
  return params;
}

std::vector<ErrorEntry> SendErrors() {
  using enum ErrorKind;
  return {
      {1, kUnauthenticated, "SenderAPIKey is missing"},
      {2, kForbidden, "Invalid DomainID or invalid user account"},
      {3, kInvalidArgument, "From is missing, invalid or not in the sender domain"},
      {8, kInvalidArgument, "Subject or To is missing"},
      {9, kInvalidArgument, "ContentType is missing"},
      {10, kInvalidArgument, "HTMLContent is missing"},
      {11, kInvalidArgument, "PlainContent is missing"},
      {12, kForbidden, "Invalid or deactivated user account"},
      {13, kUnauthenticated, "SenderAPIKey is invalid"},
      {14, kUnprocessable, "Every recipient is in the suppression list"},
      {17, kForbidden, "The user's sending limit is reached"},
      {18, kInvalidArgument, "To is not a list, or an entry has no email address"},
      {19, kInvalidArgument, "To has an invalid email address"},
      {20, kInvalidArgument, "There is no recipient, or there are too many"},
      {21, kInvalidArgument, "CC is not a list, or an entry has no email address"},
      {22, kInvalidArgument, "CC has an invalid email address"},
      {23, kInvalidArgument, "From has an invalid email address"},
      {24, kInvalidArgument, "BCC is not a list"},
      {25, kInvalidArgument, "BCC has an entry without email address"},
      {26, kInvalidArgument, "BCC has an invalid email address"},
      {27, kInvalidArgument, "BCC has too many entries"},
      {28, kInvalidArgument, "ReplyTo is not a list"},
      {29, kInvalidArgument, "ReplyTo has an entry without email address"},
      {30, kInvalidArgument, "ReplyTo has an invalid email address"},
      {31, kInvalidArgument, "ReplyTo has too many entries"},
      {32, kForbidden, "The sender domain is not activated: publish its DNS records and verify it"},
      {34, kForbidden, "The user account is not verified"},
      {40, kConflict, "Idempotency-Key was used with a different request"},
      {41, kInvalidArgument, "Attachments is invalid"},
      {42, kInvalidArgument, "Headers has an invalid or forbidden entry"},
      {43, kInvalidArgument, "SendAt is invalid"},
      {44, kTooLarge, "The message is too large"},
      {kCodeTooManyRequests, kRateLimited, "Email send rate limit exceeded"},
  };
}

Command Send() {
  return {
      .name = "emailgateway.sendemail",
      .group = kGroup,
      .summary = "Send an email",
      .details =
          "Answers once the message and its recipients are safely on disk; delivery follows, and "
          "getevents tells its story. To send it again safely after a lost answer, give an "
          "Idempotency-Key header: the same key within 24 hours gives the first answer and sends "
          "nothing. Recipients in the suppression list are left out and listed under Suppressed.",
      .alias = {"POST", "/api/v1/email"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .missing_key_code = 1,
      .invalid_key_code = 13,
      .takes_idempotency_key = true,
      .params = SendParams(),
      .results = {{"MessageID", FieldType::kString, "Identifies the message in events"},
                  {"Suppressed", FieldType::kList,
                   "Only when there are any: recipients in the suppression list, left out", false}},
      .errors = SendErrors(),
      .example_request = R"({
  "Subject": "Welcome to Our Service",
  "ContentType": "html",
  "HTMLContent": "<h1>Welcome!</h1><p>Thank you for signing up.</p>",
  "From": {"name": "John Doe", "email": "john@example.com"},
  "To": [{"name": "Jane Smith", "email": "jane@example.com"}]
})",
      .example_reply = R"({"MessageID": "550e8400-e29b-41d4-a716-446655440000"})",
      .example_cli =
          "egctl sendemail --from john@example.com --to jane@example.com --subject Welcome "
          "--html-file welcome.html",
  };
}

}  // namespace

std::vector<Command> EmailEntries() {
  return {Send()};
}

}  // namespace egd::catalogue
