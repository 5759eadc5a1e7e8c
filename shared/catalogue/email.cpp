// Sending. The parser checks the shape of what is sent; what an address, a header or an attachment
// may be is checked by the daemon, which answers with the codes listed here.
#include <algorithm>
#include <vector>

#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "email";
constexpr KeyCodes kKeyCodes = {
    .missing = 1, .invalid = 13, .disabled_user = 12, .invalid_domain = 2};

// A bound for the parser alone; [limits] max_message_bytes and max_recipients are the operator's.
constexpr size_t kMaxBodyBytes = 64 * 1024 * 1024;
constexpr size_t kMaxRecipients = 100'000;

std::vector<Param> ContentParams() {
  return {
      {.name = "Subject",
       .help = "Subject line; by default the template's",
       .required = true,
       .required_unless = "TemplateID",
       .missing_code = 8},
      {.name = "ContentType",
       .help = "What the message consists of; by default as the template",
       .required = true,
       .required_unless = "TemplateID",
       .missing_code = 9,
       .choices = {"html", "plain", "both"}},
      {.name = "HTMLContent",
       .type = ParamType::kText,
       .help = "HTML body; required when ContentType is html or both, by default the template's",
       .too_long_code = 44,
       .max_length = kMaxBodyBytes},
      {.name = "PlainContent",
       .type = ParamType::kText,
       .help = "Plain text body; required when ContentType is plain or both, by default the "
               "template's",
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
       .required_unless = "TargetListID,CC,BCC",
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
       .help = "Where replies go",
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
       .help = "Labels for searching and grouping events",
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
       .help = "Not before this time, at most 30 days ahead",
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

Param Id(std::string_view name, int code, std::string_view help) {
  return {
      .name = name, .type = ParamType::kInteger, .help = help, .invalid_code = code, .minimum = 1};
}

std::vector<Param> ReferenceParams() {
  return {
      Id("TemplateID", 15,
         "The template whose subject and content are sent where the message has none"),
      Id("TargetListID", 16,
         "Send to every subscribed subscriber of this list, a copy for each; takes the place of "
         "To"),
      Id("ListID", 35, "Personalise each copy for the recipient's subscriber in this list"),
      Id("SubscriberID", 36, "Personalise for this subscriber"),
      Id("JourneyID", 37, "The journey that the message's events belong to"),
      Id("ActionID", 38, "The journey's action that the message's events belong to"),
  };
}

std::vector<Param> SendParams() {
  std::vector<Param> params = ContentParams();
  for (Param& param : AddressParams()) params.push_back(std::move(param));
  for (Param& param : OptionParams()) params.push_back(std::move(param));
  for (Param& param : ReferenceParams()) params.push_back(std::move(param));
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
      {15, kInvalidArgument, "TemplateID is invalid"},
      {16, kInvalidArgument, "TargetListID is invalid"},
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
      {35, kInvalidArgument, "ListID is invalid"},
      {36, kInvalidArgument, "SubscriberID is invalid"},
      {37, kInvalidArgument, "JourneyID is invalid"},
      {38, kInvalidArgument, "ActionID is invalid"},
      {40, kConflict, "Idempotency-Key was used with a different request"},
      {41, kInvalidArgument, "Attachments is invalid", Cause::kAttachmentInvalid},
      {42, kInvalidArgument, "Headers has an invalid or forbidden entry"},
      {43, kInvalidArgument, "SendAt is invalid", Cause::kSendAtInvalid},
      {44, kTooLarge, "The message is too large"},
      {45, kInvalidArgument,
       "UnsubscribeLink needs [tracking] listen in the gateway's configuration"},
      {kCodeTooManyRequests, kRateLimited, "Email send rate limit exceeded"},
  };
}

Command Send() {
  return {
      .name = "emailgateway.sendemail",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Send an email",
      .details =
          "Answers once the message and its recipients are safely on disk; delivery follows, and "
          "getevents shows its progress. To send it again safely after a lost answer, give an "
          "Idempotency-Key header: the same key within 24 hours gives the first answer and sends "
          "nothing. Recipients in the suppression list are left out and listed under Suppressed. "
          "In subject and bodies {{ Subscriber:FirstName }} stands for the recipient's custom "
          "field FirstName, {{ Subscriber:FirstName | \"friend\" }} has a text for when it is "
          "empty, and {{ Link:Unsubscribe }} is the recipient's own link.",
      .alias = {"POST", "/api/v1/email"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .key_codes = kKeyCodes,
      .takes_idempotency_key = true,
      .params = SendParams(),
      .results = {{"MessageID", FieldType::kAny,
                   "Identifies the message in events: a text, with TargetListID a list of one"},
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
      .cli_use = CliUse::kWait,
      .example_cli_use =
          "egctl sendemail --subject Hello --from john@example.com --to jane@example.org "
          "--plain-content Hello --wait-for delivery --timeout 2m",
  };
}

constexpr size_t kMostInBatch = 500;

// Of the call itself: what refuses any message of the domain, as sendemail has it.
std::vector<ErrorEntry> BatchErrors() {
  constexpr int kOfTheCall[] = {1, 2, 12, 13, 32, 34, 40};
  auto errors = SendErrors();
  std::erase_if(errors, [&](const ErrorEntry& error) {
    return std::ranges::count(kOfTheCall, error.code) == 0;
  });
  errors.push_back({46, ErrorKind::kInvalidArgument, "Messages is missing"});
  errors.push_back(
      {47, ErrorKind::kInvalidArgument, "Messages is not a list, or has more than 500 entries"});
  return errors;
}

Command Batch() {
  return {
      .name = "emailgateway.batch",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Send up to 500 emails in one request",
      .details =
          "Each entry of Messages is what sendemail takes, and is accepted or refused alone, with "
          "sendemail's codes: the good ones are sent whatever becomes of the others. Answers once "
          "all that are accepted are safely on disk, in one commit. Limits count each message. The "
          "messages of a request may have 1,000 recipients together. An Idempotency-Key is that of "
          "the whole request: the same key within 24 hours gives the first answer, errors "
          "included, and sends nothing; a request of which nothing was accepted is not remembered.",
      .alias = {"POST", "/api/v1/email/batch"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .key_codes = kKeyCodes,
      .takes_idempotency_key = true,
      .params = {{.name = "Messages",
                  .type = ParamType::kRequestList,
                  .help = "List of messages, each with the parameters of sendemail",
                  .required = true,
                  .missing_code = 46,
                  .invalid_code = 47,
                  .max_length = kMostInBatch,
                  .of_command = "emailgateway.sendemail"}},
      .results = {{"Results", FieldType::kList, "What became of each message, in their order"},
                  {"Results[].MessageID", FieldType::kAny,
                   "Of one that was accepted: as sendemail answers", false},
                  {"Results[].Suppressed", FieldType::kList,
                   "Only when there are any: recipients in the suppression list, left out", false},
                  {"Results[].Errors", FieldType::kList, "Of one that was refused: why", false},
                  {"Results[].Errors[].Code", FieldType::kInteger, "As of sendemail", false},
                  {"Results[].Errors[].Message", FieldType::kString, "In words", false}},
      .errors = BatchErrors(),
      .columns = {"MessageID", "Suppressed", "Errors"},
      .example_request = R"({
  "Messages": [
    {
      "Subject": "Your order",
      "ContentType": "plain",
      "PlainContent": "It is on its way.",
      "From": {"name": "John Doe", "email": "john@example.com"},
      "To": [{"name": "Jane Smith", "email": "jane@example.com"}]
    },
    {
      "Subject": "Your order",
      "ContentType": "plain",
      "PlainContent": "It is on its way.",
      "From": {"name": "John Doe", "email": "john@example.com"},
      "To": [{"email": "no address"}]
    }
  ]
})",
      .example_reply = R"({
  "Results": [
    {"MessageID": "550e8400-e29b-41d4-a716-446655440000"},
    {"Errors": [{"Code": 19, "Message": "To[0].email is not an e-mail address"}]}
  ]
})",
      .example_cli = "egctl batch --messages-file messages.json",
      .cli_use = CliUse::kBatch,
      .example_cli_use = "egctl batch --messages-file - -o json < messages.json",
  };
}

Param MessageId() {
  return {.name = "MessageID",
          .help = "The MessageID, as returned by sendemail",
          .required = true,
          .missing_code = 1};
}

constexpr ErrorEntry kNoMessageId = {1, ErrorKind::kInvalidArgument, "MessageID is missing"};
constexpr ErrorEntry kNoMessage = {2, ErrorKind::kNotFound, "Message not found or access denied",
                                   Cause::kMessageNotFound};

Command Get() {
  return {
      .name = "emailgateway.getemail",
      .group = kGroup,
      .summary = "Show a message and the state of each recipient",
      .details =
          "States: scheduled (its time has not come), queued, deferred (with the last reply and "
          "when the next attempt is due), delivered, bounced (with the reason), rejected, "
          "cancelled, and dropped (its queue was cleared). egctl explain shows the SMTP dialogue "
          "too. A sender key sees its domain's messages, a user all of theirs.",
      .alias = {"GET", "/api/v1/email/{MessageID}"},
      .caller = Caller::kSenderKeyOrUser,
      .envelope = Envelope::kPublic,
      .has_large_reply = true,
      .params = {MessageId(),
                 {.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "How many recipients to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "How many recipients to show",
                  .default_text = "1000",
                  .minimum = 1,
                  .maximum = 1000}},
      .results =
          {{"Message", FieldType::kObject, "The message, as its events show it"},
           {"Message.ID", FieldType::kString, "The MessageID"},
           {"Message.Headers", FieldType::kObject, "From, To and Subject"},
           {"Message.Headers.From", FieldType::kString, "Sender"},
           {"Message.Headers.To", FieldType::kString, "Recipients, without BCC"},
           {"Message.Headers.Subject", FieldType::kString, "Subject line"},
           {"Tags", FieldType::kList, "Its tags"},
           {"JourneyID", FieldType::kInteger, "When it belongs to one", false},
           {"ActionID", FieldType::kInteger, "When it belongs to one", false},
           {"AcceptedAt", FieldType::kInteger, "When it was accepted, Unix time", true, true},
           {"SendAt", FieldType::kInteger, "When its sender wanted it sent, if later", false, true},
           {"ExpiresAt", FieldType::kInteger, "When attempts stop, Unix time", true, true},
           {"Test", FieldType::kBoolean, "true: a test key sent it", false},
           {"TotalRecipients", FieldType::kInteger, "Recipients on all pages"},
           {"PendingRecipients", FieldType::kInteger,
            "Of a send to a list: subscribers that are no recipients yet", false},
           {"Recipients", FieldType::kList, "This page of them"},
           {"Recipients[].Recipient", FieldType::kString, "Address"},
           {"Recipients[].State", FieldType::kString, "As above"},
           {"Recipients[].Attempts", FieldType::kInteger, "Attempts made"},
           {"Recipients[].NextAttemptAt", FieldType::kInteger,
            "Of one that waits: when it is tried next, Unix time", false, true},
           {"Recipients[].LoggedAt", FieldType::kInteger, "When it got so far, Unix time", true,
            true},
           {"Recipients[].SMTPCode", FieldType::kInteger, "Of the last attempt", false},
           {"Recipients[].EnhancedCode", FieldType::kString, "Of the last attempt", false},
           {"Recipients[].SMTPResponse", FieldType::kString, "Of the last attempt", false},
           {"Recipients[].MXHost", FieldType::kString, "Of the last attempt", false},
           {"Recipients[].MXAddress", FieldType::kString, "Of the last attempt", false},
           {"Recipients[].TLS", FieldType::kString, "Of the last attempt", false},
           {"Recipients[].BounceClass", FieldType::kString, "Of a bounce", false},
           {"Recipients[].Reason", FieldType::kString, "Of a rejection or a bounce", false},
           {"Recipients[].Source", FieldType::kString, "Of a bounce: dialogue or dsn", false},
           {"Recipients[].ReportingServer", FieldType::kString, "Of a bounce that came as mail",
            false},
           {"Recipients[].DeliveryMs", FieldType::kInteger,
            "Of a delivery or a bounce: time since acceptance", false}},
      .errors = {kNoMessageId, kNoMessage},
      .columns = {"Recipient", "State", "Attempts", "NextAttemptAt", "SMTPResponse", "Reason"},
      .example_request = R"({"MessageID": "01890a5d-ac96-774b-bcce-b302099a8057"})",
      .example_reply = R"({
  "Message": {
    "ID": "01890a5d-ac96-774b-bcce-b302099a8057",
    "Headers": {"From": "john@example.com", "To": "jane@example.org", "Subject": "Hello"}
  },
  "Tags": ["welcome"],
  "AcceptedAt": 1706706000,
  "ExpiresAt": 1707051600,
  "TotalRecipients": 1,
  "Recipients": [
    {
      "Recipient": "jane@example.org", "State": "deferred", "Attempts": 1,
      "NextAttemptAt": 1706706062, "LoggedAt": 1706706002, "SMTPCode": 450,
      "EnhancedCode": "4.2.0", "SMTPResponse": "450 4.2.0 Greylisted", "MXHost": "mx.example.org",
      "MXAddress": "192.0.2.25"
    }
  ]
})",
      .example_cli = "egctl getemail 01890a5d-ac96-774b-bcce-b302099a8057",
  };
}

Command Cancel() {
  return {
      .name = "emailgateway.cancelemail",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Cancel what has not gone out of a message",
      .details =
          "Recipients that are scheduled, queued or deferred get nothing any more, and a rejected "
          "event with the reason cancelled. What is with a mail server just now is not stopped. Of "
          "a send to a list, the subscribers that were still to become recipients are cancelled in "
          "the background. Repeating it is harmless.",
      .caller = Caller::kSenderKeyOrUser,
      .takes_long = true,
      .params = {MessageId()},
      .results = {{"MessageID", FieldType::kString, "The message"},
                  {"CancelledCount", FieldType::kInteger, "Recipients cancelled by this call"}},
      .errors = {kNoMessageId, kNoMessage},
      .example_request = R"({"MessageID": "01890a5d-ac96-774b-bcce-b302099a8057"})",
      .example_reply =
          R"({"MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "CancelledCount": 2})",
      .example_cli = "egctl cancelemail 01890a5d-ac96-774b-bcce-b302099a8057",
  };
}

Command Reschedule() {
  return {
      .name = "emailgateway.rescheduleemail",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Change the time of what has not gone out of a message",
      .details =
          "Recipients that are scheduled, queued or deferred are not tried before SendAt; a time "
          "in the past means at once. What has gone out, or is with a mail server just now, stays "
          "as it is: when nothing waits, RescheduledCount is 0 and nothing changes.",
      .caller = Caller::kSenderKeyOrUser,
      .takes_long = true,
      .params = {MessageId(),
                 {.name = "SendAt",
                  .type = ParamType::kTimestamp,
                  .help = "Not before this time, at most 30 days ahead",
                  .required = true,
                  .missing_code = 3,
                  .invalid_code = 4}},
      .results = {{"MessageID", FieldType::kString, "The message"},
                  {"SendAt", FieldType::kInteger, "As given", true, true},
                  {"RescheduledCount", FieldType::kInteger, "Recipients it applies to"}},
      .errors = {kNoMessageId,
                 kNoMessage,
                 {3, ErrorKind::kInvalidArgument, "SendAt is missing"},
                 {4, ErrorKind::kInvalidArgument, "SendAt is invalid", Cause::kSendAtInvalid},
                 {5, ErrorKind::kUnprocessable, "There are too many scheduled messages",
                  Cause::kScheduledLimitReached}},
      .example_request =
          R"({"MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "SendAt": 1706792400})",
      .example_reply = R"({
  "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057",
  "SendAt": 1706792400,
  "RescheduledCount": 2
})",
      .example_cli =
          "egctl rescheduleemail 01890a5d-ac96-774b-bcce-b302099a8057 --send-at 1706792400",
  };
}

std::vector<Param> RelayParams() {
  return {
      {.name = "SMTPUsername",
       .help = "User name of the domain's SMTP credentials",
       .required = true,
       .missing_code = 1,
       .invalid_code = 3,
       .max_length = 255},
      {.name = "SMTPPassword",
       .type = ParamType::kSecret,
       .help = "Their password",
       .required = true,
       .missing_code = 2,
       .invalid_code = 3,
       .max_length = 255},
      {.name = "UUID",
       .help = "Names the message at the relay: the same message resubmitted within 24 hours is "
               "sent once",
       .max_length = 100},
      {.name = "MailFrom",
       .help = "Envelope sender; the gateway's own return-path takes its place",
       .max_length = 320},
      {.name = "RcptTo",
       .type = ParamType::kStringList,
       .help = "Envelope recipients; by default those of To, Cc and Bcc",
       .invalid_code = 19,
       .too_long_code = 20,
       .max_length = kMaxRecipients},
      {.name = "Subject", .help = "Shown in events where the message has none"},
      {.name = "RawEmail",
       .type = ParamType::kText,
       .help = "The message (RFC 5322), lines ending with CR LF or all of them with LF; without it "
               "only the credentials are checked",
       .too_long_code = 44,
       .max_length = kMaxBodyBytes,
       .octets = true},
      {.name = "RawEmailBase64",
       .type = ParamType::kText,
       .help = "The message in base64, in place of RawEmail: for octets that JSON cannot hold",
       .too_long_code = 44,
       .max_length = kMaxBodyBytes},
  };
}

std::vector<ErrorEntry> RelayErrors() {
  using enum ErrorKind;
  return {
      {1, kInvalidArgument, "SMTPUsername is missing"},
      {2, kInvalidArgument, "SMTPPassword is missing"},
      {3, kForbidden, "SMTP credentials are invalid", Cause::kLoginWrong},
      {4, kForbidden, "The sender domain is invalid, or From is not in it"},
      {5, kForbidden, "The sender domain is not active"},
      {6, kForbidden, "The user account is invalid"},
      {7, kForbidden, "The user is not trusted or not enabled"},
      {8, kUnprocessable, "Every recipient is in the suppression list"},
      {17, kForbidden, "The user's sending limit is reached"},
      {19, kInvalidArgument, "RcptTo has an invalid email address"},
      {20, kInvalidArgument, "There is no recipient, or there are too many"},
      {44, kTooLarge, "The message is too large"},
      {kCodeTooManyRequests, kRateLimited, "Email send rate limit exceeded"},
  };
}

Command Relay() {
  return {
      .name = "emailgateway.smtprelay",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Check SMTP credentials, or submit a complete message with them",
      .details =
          "For an SMTP relay in front of the gateway. With RawEmail the message is checked, "
          "completed with Message-ID, Date and Received, and queued like any other; Bcc is taken "
          "out. SMTPResponse is what to answer the SMTP client, also when it is refused.",
      .caller = Caller::kAdmin,
      .permission = "EmailGateway.ManageDomain",
      .params = RelayParams(),
      .results = {{"SMTPResponse", FieldType::kString, "With RawEmail: the SMTP reply", false},
                  {"SMTPUsername", FieldType::kString, "As given"},
                  {"SMTPPassword", FieldType::kString, "As given"},
                  {"MessageID", FieldType::kString,
                   "With RawEmail: identifies the message in events", false},
                  {"Suppressed", FieldType::kList,
                   "Only when there are any: recipients in the suppression list, left out", false}},
      .errors = RelayErrors(),
      .example_request = R"({
  "SMTPUsername": "smtp_user_xxx",
  "SMTPPassword": "smtp_password",
  "UUID": "550e8400-e29b-41d4-a716-446655440000",
  "MailFrom": "sender@example.com",
  "RcptTo": "recipient@example.com",
  "Subject": "Test Email",
  "RawEmail": "From: sender@example.com\r\nTo: recipient@example.com\r\nSubject: Test Email\r\n\r\nHello.\r\n"
})",
      .example_reply = R"({
  "SMTPResponse": "250 2.0.0 Ok: queued",
  "SMTPUsername": "smtp_user_xxx",
  "SMTPPassword": "smtp_password",
  "MessageID": "550e8400-e29b-41d4-a716-446655440000"
})",
      .example_cli = "egctl smtprelay smtp_user_xxx --smtp-password-file password.txt",
  };
}

}  // namespace

std::vector<Command> EmailEntries() {
  return {Send(), Batch(), Get(), Cancel(), Reschedule(), Relay()};
}

}  // namespace egd::catalogue
