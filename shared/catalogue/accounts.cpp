// Users of the gateway, their sessions and their keys. The "missing" and "taken" codes of
// user.create are the vendor's own.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "accounts";
constexpr int64_t kMaxCount = 1'000'000'000'000;

std::vector<Field> UserFields() {
  return {
      {"UserID", FieldType::kInteger, "Identifies the user"},
      {"Username", FieldType::kString, "Name to log in with"},
      {"EmailAddress", FieldType::kString, "Address to log in with and to write to"},
      {"FirstName", FieldType::kString, "Given name, or empty"},
      {"LastName", FieldType::kString, "Family name, or empty"},
      {"CompanyName", FieldType::kString, "Company, or empty"},
      {"AccountStatus", FieldType::kString, "Enabled or Disabled"},
      {"ReputationLevel", FieldType::kString, "Trusted or Untrusted"},
      {"Verified", FieldType::kBoolean, "Whether the user may send"},
      {"MaxSenderDomains", FieldType::kInteger, "Sender domains the user may add; 0: no limit"},
      {"MonthlySendLimit", FieldType::kInteger, "Recipients a calendar month; 0: no limit"},
      {"SendRatePerMinute", FieldType::kInteger, "Recipients a minute; 0: no limit"},
      {"Permissions", FieldType::kList, "What the user may do"},
      {"CreatedAt", FieldType::kString, "When it was created, UTC, as 2026-01-31 12:00:00"},
  };
}

std::vector<Field> UserInfo() {
  return Concat({{"UserInfo", FieldType::kObject, "The user"}}, Under("UserInfo", UserFields()));
}

// The settings of a user. Creating one applies the defaults; an update leaves alone what is not
// given.
std::vector<Param> UserSettings(bool create) {
  const auto otherwise = [&](std::string_view value) {
    return create ? value : std::string_view();
  };
  return {
      {.name = "EmailAddress",
       .help = "Address of the user, unique in the gateway",
       .required = create,
       .missing_code = 2,
       .invalid_code = 10,
       .max_length = 254},
      {.name = "Username",
       .help = "Name to log in with, unique in the gateway whatever its case",
       .required = create,
       .missing_code = 3,
       .max_length = 128},
      {.name = "Password",
       .type = ParamType::kSecret,
       .help = "Password to log in with; only its Argon2id digest is kept",
       .required = create,
       .missing_code = 4},
      {.name = "FirstName", .help = "Given name", .max_length = 255, .empty_is_value = !create},
      {.name = "LastName", .help = "Family name", .max_length = 255, .empty_is_value = !create},
      {.name = "CompanyName", .help = "Company", .max_length = 255, .empty_is_value = !create},
      {.name = "AccountStatus",
       .help = "A disabled user can neither log in nor send",
       .default_text = otherwise("Enabled"),
       .choices = {"Enabled", "Disabled"}},
      {.name = "ReputationLevel",
       .help = "An untrusted user's SMTP relay is refused",
       .default_text = otherwise("Trusted"),
       .choices = {"Trusted", "Untrusted"}},
      {.name = "Verified",
       .type = ParamType::kFlag,
       .help = "Whether the user may send",
       .default_text = otherwise("1"),
       .empty_is_value = true},
      {.name = "MaxSenderDomains",
       .type = ParamType::kInteger,
       .help = "Sender domains the user may add; 0: no limit",
       .default_text = otherwise("0"),
       .minimum = 0,
       .maximum = kMaxCount,
       .empty_is_value = true},
      {.name = "MonthlySendLimit",
       .type = ParamType::kInteger,
       .help = "Recipients the user may send to in a calendar month (UTC); 0: no limit",
       .default_text = otherwise("0"),
       .minimum = 0,
       .maximum = kMaxCount,
       .empty_is_value = true},
      {.name = "SendRatePerMinute",
       .type = ParamType::kInteger,
       .help = "Recipients the user may send to in a minute; 0: no limit",
       .default_text = otherwise("0"),
       .minimum = 0,
       .maximum = kMaxCount,
       .empty_is_value = true},
      {.name = "Permissions",
       .type = ParamType::kStringList,
       .help = "What the user may do",
       .default_text = otherwise("EmailGateway.AddDomain,EmailGateway.ManageDomain"),
       .choices = {"EmailGateway.AddDomain", "EmailGateway.ManageDomain"},
       .max_length = 16,
       .empty_is_value = true},
  };
}

constexpr std::string_view kUserReply = R"({
  "UserInfo": {
    "UserID": 7,
    "Username": "jane",
    "EmailAddress": "jane@example.com",
    "FirstName": "Jane",
    "LastName": "Smith",
    "CompanyName": "Example Ltd",
    "AccountStatus": "Enabled",
    "ReputationLevel": "Trusted",
    "Verified": true,
    "MaxSenderDomains": 0,
    "MonthlySendLimit": 0,
    "SendRatePerMinute": 0,
    "Permissions": ["EmailGateway.AddDomain", "EmailGateway.ManageDomain"],
    "CreatedAt": "2026-01-31 12:00:00"
  }
})";

Command Login() {
  return {
      .name = "user.login",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Log in and get a session",
      .details =
          "Give Username or EmailAddress with Password, or an APIKey in place of both. The "
          "SessionID in the answer is good for every other command until user.logout, until it has "
          "not been used for 12 hours, or for 30 days at most. One opened with an APIKey may be "
          "used from that key's address only, and ends with the key. Failed attempts are slowed "
          "down, per user and address they come from. On a terminal, egctl login asks for the "
          "password and keeps the session in a profile.",
      .caller = Caller::kAnyone,
      .envelope = Envelope::kLegacyList,
      .params = {{.name = "Username", .help = "Name of the user", .max_length = 128},
                 {.name = "EmailAddress",
                  .help = "Address of the user, in place of Username",
                  .max_length = 254},
                 {.name = "Password", .type = ParamType::kSecret, .help = "The user's password"},
                 {.name = "APIKey",
                  .type = ParamType::kSecret,
                  .help = "A user key, in place of name and password"}},
      .results = Concat(
          {{"SessionID", FieldType::kString, "Pass it as SessionID with every other command"}},
          UserInfo()),
      .errors = {{1, ErrorKind::kInvalidArgument, "Username is missing", Cause::kUsernameMissing},
                 {2, ErrorKind::kInvalidArgument, "Password is missing", Cause::kPasswordMissing},
                 {3, ErrorKind::kUnauthenticated, "Username, Password or APIKey is wrong",
                  Cause::kLoginWrong}},
      .example_request = R"({"Username": "jane", "Password": "correct horse battery staple"})",
      .example_reply = R"({
  "SessionID": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  "UserInfo": {
    "UserID": 7,
    "Username": "jane",
    "EmailAddress": "jane@example.com",
    "FirstName": "Jane",
    "LastName": "Smith",
    "CompanyName": "Example Ltd",
    "AccountStatus": "Enabled",
    "ReputationLevel": "Trusted",
    "Verified": true,
    "MaxSenderDomains": 0,
    "MonthlySendLimit": 0,
    "SendRatePerMinute": 0,
    "Permissions": ["EmailGateway.AddDomain", "EmailGateway.ManageDomain"],
    "CreatedAt": "2026-01-31 12:00:00"
  }
})",
      .example_cli = "egctl user.login --username jane --password-file password.txt",
  };
}

Command Logout() {
  return {
      .name = "user.logout",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "End the session",
      .details = "Ends the session it is called with. A user key goes on working.",
      .envelope = Envelope::kLegacyList,
      .errors = {{1, ErrorKind::kInvalidArgument, "There is no session to end: a key was given",
                  Cause::kNoSession}},
      .example_request = "{}",
      .example_reply = "{}",
      .example_cli = "egctl user.logout",
  };
}

Command Current() {
  return {
      .name = "user.current",
      .group = kGroup,
      .summary = "Show the user who is asking",
      .details =
          "Answers with the user of the session or key, with limits and permissions: a quick "
          "check that credentials work.",
      .envelope = Envelope::kLegacyList,
      .results = UserInfo(),
      .example_request = "{}",
      .example_reply = kUserReply,
      .example_cli = "egctl user.current",
  };
}

Command Create() {
  return {
      .name = "user.create",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create a user",
      .details =
          "A user owns sender domains, and everything that belongs to them: keys, credentials, "
          "webhooks and events. No user sees another's.",
      .caller = Caller::kAdmin,
      .envelope = Envelope::kLegacyList,
      .params = UserSettings(true),
      .results = {{"UserID", FieldType::kInteger, "Identifies the new user"}},
      .errors = {{2, ErrorKind::kInvalidArgument, "EmailAddress is missing"},
                 {3, ErrorKind::kInvalidArgument, "Username is missing"},
                 {4, ErrorKind::kInvalidArgument, "Password is missing"},
                 {10, ErrorKind::kInvalidArgument, "EmailAddress is not a valid address",
                  Cause::kEmailAddressInvalid},
                 {12, ErrorKind::kConflict, "Username is taken", Cause::kUsernameTaken},
                 {13, ErrorKind::kConflict, "EmailAddress is taken", Cause::kEmailAddressTaken}},
      .example_request =
          R"({"EmailAddress": "jane@example.com", "Username": "jane", "Password": "correct horse battery staple", "FirstName": "Jane"})",
      .example_reply = R"({"UserID": 7})",
      .example_cli =
          "egctl user.create jane@example.com jane --password-file password.txt --first-name Jane",
  };
}

Command Update() {
  std::vector<Param> params = UserSettings(false);
  params.insert(params.begin(), {.name = "UserID",
                                 .type = ParamType::kInteger,
                                 .help = "The user to change",
                                 .required = true,
                                 .missing_code = 1});
  return {
      .name = "user.update",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Change a user's settings",
      .details = "Only what is given changes. A new Password ends the user's sessions.",
      .caller = Caller::kAdmin,
      .envelope = Envelope::kLegacyList,
      .params = std::move(params),
      .results = UserInfo(),
      .errors = {{1, ErrorKind::kInvalidArgument, "UserID is missing"},
                 {2, ErrorKind::kNotFound, "User not found", Cause::kUserNotFound},
                 {10, ErrorKind::kInvalidArgument, "EmailAddress is not a valid address",
                  Cause::kEmailAddressInvalid},
                 {12, ErrorKind::kConflict, "Username is taken", Cause::kUsernameTaken},
                 {13, ErrorKind::kConflict, "EmailAddress is taken", Cause::kEmailAddressTaken}},
      .example_request = R"({"UserID": 7, "CompanyName": "Example Ltd"})",
      .example_reply = kUserReply,
      .example_cli = "egctl user.update 7 --company-name 'Example Ltd'",
  };
}

Command List() {
  return {
      .name = "users.get",
      .group = kGroup,
      .summary = "List users",
      .details = "Users by ascending UserID, a page at a time.",
      .caller = Caller::kAdmin,
      .has_large_reply = true,
      .params = {{.name = "RecordsFrom",
                  .type = ParamType::kInteger,
                  .help = "Users to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RecordsPerRequest",
                  .type = ParamType::kInteger,
                  .help = "Users to return",
                  .default_text = "100",
                  .minimum = 1,
                  .maximum = 1000},
                 {.name = "SearchKeyword",
                  .help = "Only users with this text in name, address or company",
                  .max_length = 255}},
      .results = Concat({{"TotalUsers", FieldType::kInteger, "Users that match, on all pages"},
                         {"Users", FieldType::kList, "The users of this page"}},
                        Under("Users[]", UserFields())),
      .columns = {"UserID", "Username", "EmailAddress", "AccountStatus", "ReputationLevel",
                  "CreatedAt"},
      .example_request = R"({"RecordsFrom": 0, "RecordsPerRequest": 100, "SearchKeyword": "jane"})",
      .example_reply = R"({
  "TotalUsers": 1,
  "Users": [
    {
      "UserID": 7,
      "Username": "jane",
      "EmailAddress": "jane@example.com",
      "FirstName": "Jane",
      "LastName": "Smith",
      "CompanyName": "Example Ltd",
      "AccountStatus": "Enabled",
      "ReputationLevel": "Trusted",
      "Verified": true,
      "MaxSenderDomains": 0,
      "MonthlySendLimit": 0,
      "SendRatePerMinute": 0,
      "Permissions": ["EmailGateway.AddDomain", "EmailGateway.ManageDomain"],
      "CreatedAt": "2026-01-31 12:00:00"
    }
  ]
})",
      .example_cli = "egctl users.get --search-keyword jane",
  };
}

Command Delete() {
  return {
      .name = "users.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete users and all they own",
      .details =
          "Deletes the users with their sender domains, keys and sessions. When one of the users "
          "does not exist, none is deleted. There is no undo.",
      .caller = Caller::kAdmin,
      .params = {{.name = "Users",
                  .type = ParamType::kStringList,
                  .help = "UserIDs, separated by commas",
                  .required = true,
                  .missing_code = 1,
                  .max_length = 1000}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Users is missing"},
                 {2, ErrorKind::kNotFound, "User not found", Cause::kUserNotFound}},
      .example_request = R"({"Users": "7,8"})",
      .example_reply = "{}",
      .example_cli = "egctl users.delete 7,8",
  };
}

Command CreateKey() {
  return {
      .name = "user.apikey.create",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create a user key",
      .details =
          "A user key acts for its user in every command, without a session. It is shown once: "
          "the gateway keeps only a digest. One that is made with a key bound to an address, or in "
          "such a key's session, is bound to the same address.",
      .envelope = Envelope::kLegacyList,
      .params = {{.name = "Note", .help = "What the key is for", .max_length = 255},
                 {.name = "BoundIPAddress",
                  .help = "The only IP address the key may be used from",
                  .invalid_code = 1,
                  .max_length = 64,
                  .empty_is_value = true}},
      .results = {{"APIKeyID", FieldType::kInteger, "Identifies the key"},
                  {"APIKey", FieldType::kString, "The key: keep it, it is not shown again"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "BoundIPAddress is not an IP address",
                  Cause::kBoundAddressInvalid}},
      .example_request = R"({"Note": "deploy script", "BoundIPAddress": "192.0.2.10"})",
      .example_reply = R"({"APIKeyID": 12, "APIKey": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})",
      .example_cli = "egctl user.apikey.create --note 'deploy script' --field APIKey",
  };
}

Command ListKeys() {
  return {
      .name = "user.apikey.list",
      .group = kGroup,
      .summary = "List the user's keys",
      .details = "The keys themselves are not shown.",
      .envelope = Envelope::kLegacyList,
      .results = {{"APIKeys", FieldType::kList, "The keys, oldest first"},
                  {"APIKeys[].APIKeyID", FieldType::kInteger, "Identifies the key"},
                  {"APIKeys[].Note", FieldType::kString, "What the key is for"},
                  {"APIKeys[].BoundIPAddress", FieldType::kString,
                   "The only address it may be used from, or empty"},
                  {"APIKeys[].CreatedAt", FieldType::kString, "When it was created, UTC"}},
      .example_request = "{}",
      .example_reply = R"({
  "APIKeys": [
    {"APIKeyID": 12, "Note": "deploy script", "BoundIPAddress": "192.0.2.10", "CreatedAt": "2026-01-31 12:00:00"}
  ]
})",
      .example_cli = "egctl user.apikey.list",
  };
}

Command DeleteKey() {
  return {
      .name = "user.apikey.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete a user key",
      .details = "The key stops working at once.",
      .envelope = Envelope::kLegacyList,
      .params = {{.name = "APIKeyID",
                  .type = ParamType::kInteger,
                  .help = "The key, as user.apikey.list shows it",
                  .required = true,
                  .missing_code = 1}},
      .errors = {{1, ErrorKind::kInvalidArgument, "APIKeyID is missing"},
                 {2, ErrorKind::kNotFound, "API key not found", Cause::kKeyNotFound}},
      .example_request = R"({"APIKeyID": 12})",
      .example_reply = "{}",
      .example_cli = "egctl user.apikey.delete 12",
  };
}

}  // namespace

std::vector<Command> AccountEntries() {
  return {Login(), Logout(), Current(),   Create(),   Update(),
          List(),  Delete(), CreateKey(), ListKeys(), DeleteKey()};
}

}  // namespace egd::catalogue
