// The catalogue: every operation of the gateway, declared once as data. From these declarations
// come the daemon's dispatch, argument checks, egctl's flags and help, the man pages, the
// completions and /openapi.json. One file a noun (domains.cpp, keys.cpp, …) holds the entries.
// Everything here is immutable: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.h"

namespace egd::catalogue {

enum class ParamType {
  kString,          // one line of UTF-8 without control characters
  kText,            // several lines of UTF-8: any character but NUL
  kSecret,          // kString that is never printed, logged or taken from a command line
  kInteger,         // JSON number without a fraction (1.0 too), or decimal text
  kBoolean,         // true/false/1/0/"yes"/"no"…
  kFlag,            // kBoolean that the API spells 0 or 1
  kDay,             // Y-m-d, UTC
  kTimestamp,       // Unix seconds
  kStringList,      // JSON list of strings; a plain comma-separated text too
  kMailbox,         // {name?, email}
  kMailboxList,     // [{name?, email}]
  kStringMap,       // {key: value}, order kept; a null value counts as absent
  kAttachmentList,  // [{filename, content (base64), type, disposition, contentid}]
  kRequestList,     // [{…}]: requests of another Command, each checked by the handler
  kJson,            // any JSON, checked by the handler
};

// Generic codes, valid for every Command (contract section 2).
constexpr int kCodeInternal = 99995;
constexpr int kCodeUnknownCommand = 99996;
constexpr int kCodeMalformed = 99997;
constexpr int kCodeUnauthenticated = 99998;
constexpr int kCodeForbidden = 99999;
constexpr int kCodeTooManyRequests = 429;
// What a kVerdict Command says no with: shown as its status alone.
constexpr int kCodeDenied = 500;

// How egctl sends a file as the value of a parameter.
enum class FileForm {
  kOne,    // whole
  kLines,  // in parts, of whole lines each (CliUse::kImport)
  kCsv,    // in parts, of whole records each, all with the header
};

struct Param {
  std::string_view name = {};  // as in the reference: "DomainName"
  ParamType type = ParamType::kString;
  std::string_view help = {};
  bool required = false;
  std::string_view required_unless = {};  // another parameter, which when given takes its place
  int missing_code = 0;                   // ErrorCode when required and absent or empty
  int invalid_code = kCodeMalformed;      // ErrorCode when malformed or out of range
  int too_long_code = 0;                  // ErrorCode over max_length; 0: invalid_code
  int address_code = 0;  // mailboxes: of an email that is no clean text; 0: invalid_code
  std::string_view default_text = {};  // shown in help; applied by the parser when not empty
  // Compared without case; the argument gets the spelling declared here.
  std::vector<std::string_view> choices = {};
  int64_t minimum = INT64_MIN;  // kInteger, kTimestamp
  int64_t maximum = INT64_MAX;
  size_t max_length = 1024;     // bytes (kString, kText, kSecret) or entries (lists, maps)
  bool empty_is_value = false;  // "" is meaningful (updatedomain: reset), not "missing"
  bool by_position = false;     // egctl takes it as a word, though it is not required
  bool each = false;            // egctl takes several, and calls the Command for each of them
  bool octets = false;          // kText: any octets but NUL, where the encoding can hold them
  bool multi_line = false;      // kStringMap: the values are as kText
  // kStringMap: parameters of this name and a number, as CustomField7, are entries of it too.
  std::string_view numbered_entries = {};
  std::string_view of_command = {};      // kRequestList: whose requests they are
  std::string_view follow_default = {};  // what egctl gives with --follow (CliUse::kFollow)
  FileForm file_form = FileForm::kOne;   // of a file that egctl sends in it
};

// A documented key of the successful reply. `path` is dotted, `[]` marks list elements:
// "Domains[].DomainID".
enum class FieldType { kString, kInteger, kNumber, kBoolean, kObject, kList, kAny };
struct Field {
  std::string path;
  FieldType type = FieldType::kString;
  std::string_view help = {};
  bool always = true;      // false: present only in the case that `help` names
  bool unix_time = false;  // kInteger: seconds that a table shows as a time
};

// What went wrong, as a handler names it; the Command's declaration says which code that is.
enum class Cause {
  kCheckedBefore,  // found by the parser or the dispatcher: no handler names it
  kActionNotFound,
  kActionsInvalid,
  kAddressesMissing,
  kAttachmentInvalid,
  kBackupRunning,
  kBoundAddressInvalid,
  kCredentialsNotFound,
  kDestinationInvalid,
  kDomainLimitReached,
  kDomainMissing,
  kDomainNameInvalid,
  kDomainNotFound,
  kDomainTaken,
  kEmailAddressInvalid,
  kEmailAddressTaken,
  kEventNotFound,
  kHitNotFound,
  kHitUnnamed,
  kHostsInvalid,
  kHtmlMissing,
  kInboundNotFound,
  kInboundUnnamed,
  kJourneyNotFound,
  kKeyNotFound,
  kListNotFound,
  kLoginWrong,
  kMessageNotFound,
  kMessageUnknown,
  kNoSession,
  kPasswordMissing,
  kPlainMissing,
  kPhraseNotFound,
  kPhraseTooShort,
  kRelayDenied,
  kReplayUnclear,
  kReplyNotFailure,
  kReplyUnreadable,
  kRotationImpossible,
  kRuleLimitReached,
  kRuleNotFound,
  kScheduledLimitReached,
  kSendAtInvalid,
  kSubscriberNotFound,
  kSubscriberUnnamed,
  kTemplateNotFound,
  kUserNotFound,
  kUsernameMissing,
  kUsernameTaken,
  kWebhookNotFound,
  kWebhookUrlForbidden,
  kWebhookUrlInvalid,
};

struct ErrorEntry {
  int code;
  ErrorKind kind;  // gives the HTTP status of the alias and egctl's exit code
  std::string_view text;
  Cause cause = Cause::kCheckedBefore;
};

enum class Caller {
  kAnyone,           // user.login
  kUser,             // user key or session; an admin with UserID= too
  kSenderKey,        // eg_live_… of one domain
  kSenderKeyOrUser,  // a sender key for its domain, or as kUser
  kAdmin,
};

// How success and failure look (contract section 2).
enum class Envelope {
  kLegacy,  // {"Success":true,"ErrorCode":0,…} / {"Success":false,"ErrorCode":N,"ErrorText":"…"}
  kLegacyList,  // the same with ErrorCode and ErrorText as arrays
  kPublic,      // the bare result / {"Errors":[{"Code":N,"Message":"…"}]}
  // As kLegacy / as kPublic, and {} for a denial (kCodeDenied); the HTTP status is the answer: it
  // stays what it is under api.v1_errors_as_200, and no rate limit changes it.
  kVerdict,
};

struct Alias {
  std::string_view method = {};  // "POST"
  // "/api/v1/email"; empty: none. The last segment may be a parameter: "/api/v1/email/{MessageID}".
  std::string_view path = {};
};

// What refuses who is asking.
struct KeyCodes {
  int missing = kCodeUnauthenticated;
  int invalid = kCodeUnauthenticated;
  int disabled_user = kCodeForbidden;
  int invalid_domain = kCodeMalformed;  // of the DomainID a user gives in place of a sender key
};

// What egctl does with a Command beside calling it once and printing the reply.
enum class CliUse {
  kCall,    // nothing
  kVerify,  // takes several domains, looks again with --wait, writes reports; records that don't
            // pass have exit statuses of their own
  kFollow,  // with --follow prints events as they happen
  kImport,  // sends a file of any size in parts
  kJudge,   // ends with 10 when it found something
  kWait,    // with --wait-for waits for an outcome
  kBatch,   // ends with 1 when a part of what it sent was refused
};

// What a Command changes, and so whether it can be tried with DryRun=1.
enum class Changes {
  kNothing,
  kStore,   // the store, in one step: it can, and takes DryRun
  kBeyond,  // more than that: mail or requests to others, memory, several steps
};

constexpr std::string_view kDryRun = "DryRun";

struct Command {
  std::string_view name;  // "emailgateway.adddomain", lower case
  Changes changes = Changes::kNothing;
  std::string_view group;    // "domains": also names its file, man section and completion group
  std::string_view summary;  // one line, imperative, no full stop
  std::string_view details;  // a paragraph for help and man page
  Alias alias = {};
  Caller caller = Caller::kUser;
  std::string_view permission = {};  // "EmailGateway.ManageDomain" or empty
  Envelope envelope = Envelope::kLegacy;
  KeyCodes key_codes = {};  // the reference's own codes where it has them
  // The handler runs also after the parser found problems, with what arguments there are, to add
  // its own to them (Call::problems).
  bool finds_every_problem = false;
  // The handler waits for other people's servers, makes keys or works long on the store: it runs on
  // threads that nothing else needs, a few at once a user.
  bool takes_long = false;
  // The reply may take megabytes, contents and pages: few are made at once.
  bool has_large_reply = false;
  bool takes_idempotency_key = false;  // the Idempotency-Key header, any text of at most 255 bytes
  // Without Command and what says who is asking: SessionID, APIKey, AdminAPIKey, SenderAPIKey,
  // UserID. Where one of these is the very thing the Command works on (user.login's APIKey,
  // user.update's UserID) it is declared.
  std::vector<Param> params = {};
  std::vector<Field> results = {};  // without Success and ErrorCode
  // "text/csv": success is a text of this type, of any length, in place of a JSON object; then
  // example_reply is such a text. With results declared too, a parameter decides which it is.
  std::string_view text_type = {};
  // egctl's own, and required: the file that the text goes to, or "-".
  std::optional<Param> reply_file = {};
  std::vector<ErrorEntry> errors = {};  // without the generic codes
  // What a table shows of the first list in the reply, dotted; empty: everything that is not
  // nested.
  std::vector<std::string_view> columns = {};
  std::string_view example_request = {};  // JSON object of parameters; the contract test sends it
  std::string_view example_reply = {};    // JSON object
  std::string_view example_cli = {};      // "egctl adddomain example.com --subdomain outbound"
  CliUse cli_use = CliUse::kCall;
  std::string_view example_cli_use = {};  // of what cli_use adds

  std::string_view CliName() const;                      // name without "emailgateway."
  const Param* Find(std::string_view param_name) const;  // case-insensitive
  const ErrorEntry* FindError(int code) const;           // its own or a generic one
  const ErrorEntry* FindOwnError(int code) const;
  const ErrorEntry* FindError(Cause cause) const;
};

// Whether some Command has a parameter of this name, in any case, that may hold octets.
bool MayHoldOctets(std::string_view param_name);

// Every Command, by name in ascending order.
const std::vector<Command>& All();
const Command* Find(std::string_view name);         // case-insensitive full name; null when unknown
const Command* FindCli(std::string_view cli_name);  // case-insensitive name without the prefix

}  // namespace egd::catalogue
