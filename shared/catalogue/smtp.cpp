// SMTP credentials: what an application logs in with to submit mail over SMTP, for one domain.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "smtp";
constexpr std::string_view kManage = "EmailGateway.ManageDomain";

const std::vector<ErrorEntry> kDomainErrors = {
    {1, ErrorKind::kInvalidArgument, "DomainID is missing", Cause::kDomainMissing},
    {2, ErrorKind::kNotFound, "Domain not found or access denied", Cause::kDomainNotFound},
};
const std::vector<ErrorEntry> kCredentialErrors = {
    {1, ErrorKind::kInvalidArgument, "SMTPID is missing"},
    {2, ErrorKind::kNotFound, "SMTP credentials not found or access denied",
     Cause::kCredentialsNotFound},
};

std::vector<Field> Server() {
  return {{"SMTPHost", FieldType::kString, "Where to connect to"},
          {"SMTPPorts", FieldType::kList, "On which ports"}};
}

std::vector<Field> Credentials(bool with_password) {
  std::vector<Field> fields = {{"SMTPID", FieldType::kInteger, "Identifies the credentials"},
                               {"Description", FieldType::kString, "What they are for, or empty"},
                               {"SMTPUsername", FieldType::kString, "User name to log in with"}};
  if (with_password) {
    fields.push_back({"SMTPPassword", FieldType::kString, "Password; shown this once"});
  }
  fields.push_back({"Test", FieldType::kBoolean,
                    "true: test credentials, whose mail never leaves the gateway", false});
  return fields;
}

Param SmtpId() {
  return {.name = "SMTPID",
          .type = ParamType::kInteger,
          .help = "The credentials, as getsmtps shows them",
          .required = true,
          .missing_code = 1};
}

Command Add() {
  return {
      .name = "emailgateway.addsmtp",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create SMTP credentials for a domain",
      .details =
          "With them an application submits mail of this domain over SMTP. The gateway keeps "
          "only a digest of the password: note it now, or reset it later. With Test=1 they are "
          "test credentials, for mail that never leaves the gateway, as with a test key (addapi).",
      .permission = kManage,
      .params = {DomainId(),
                 {.name = "Description", .help = "What they are for", .max_length = 255},
                 {.name = "Test", .type = ParamType::kFlag, .help = "Create test credentials"}},
      .results = Concat({{"NewSMTPID", FieldType::kInteger, "Identifies the new credentials"},
                         {"SMTP", FieldType::kObject, "The new credentials"}},
                        Under("SMTP", Concat(Credentials(true), Server()))),
      .errors = kDomainErrors,
      .example_request = R"({"DomainID": 123, "Description": "Shop"})",
      .example_reply = R"({
  "NewSMTPID": 789,
  "SMTP": {
    "SMTPID": 789,
    "Description": "Shop",
    "SMTPUsername": "smtp_user_xxx",
    "SMTPPassword": "generated_password",
    "SMTPHost": "smtp.example.com",
    "SMTPPorts": [25, 587, 2525]
  }
})",
      .example_cli = "egctl addsmtp example.com --description Shop",
  };
}

Command List() {
  return {
      .name = "emailgateway.getsmtps",
      .group = kGroup,
      .summary = "List a domain's SMTP credentials",
      .details = "Oldest first, without passwords.",
      .permission = kManage,
      .params = {DomainId()},
      .results = Concat({{"SMTPs", FieldType::kList, "The credentials"}},
                        Under("SMTPs[]", Concat(Credentials(false), Server()))),
      .errors = kDomainErrors,
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "SMTPs": [
    {
      "SMTPID": 789,
      "Description": "Shop",
      "SMTPUsername": "smtp_user_xxx",
      "SMTPHost": "smtp.example.com",
      "SMTPPorts": [25, 587, 2525]
    }
  ]
})",
      .example_cli = "egctl getsmtps example.com",
  };
}

Command Delete() {
  return {
      .name = "emailgateway.deletesmtp",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete SMTP credentials",
      .details = "They stop working at once. Mail that was accepted with them is still delivered.",
      .permission = kManage,
      .params = {SmtpId()},
      .errors = kCredentialErrors,
      .example_request = R"({"SMTPID": 789})",
      .example_reply = "{}",
      .example_cli = "egctl deletesmtp 789",
  };
}

Command ResetPassword() {
  return {
      .name = "emailgateway.resetsmtppassword",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Give SMTP credentials a new password",
      .details = "The old password stops working at once.",
      .permission = kManage,
      .params = {SmtpId()},
      .results = Concat({{"SMTP", FieldType::kObject, "The credentials"}},
                        Under("SMTP", Credentials(true))),
      .errors = kCredentialErrors,
      .example_request = R"({"SMTPID": 789})",
      .example_reply = R"({
  "SMTP": {
    "SMTPID": 789,
    "Description": "Shop",
    "SMTPUsername": "smtp_user_xxx",
    "SMTPPassword": "new_generated_password"
  }
})",
      .example_cli = "egctl resetsmtppassword 789",
  };
}

Command Sessions() {
  return {
      .name = "smtpsessions",
      .group = kGroup,
      .summary = "Show why SMTP clients were refused",
      .details =
          "Lists the latest SMTP sessions in which something was refused, newest first: what the "
          "client was told or lacked, what to change in it, and the dialogue without passwords "
          "and content. A session belongs to the domain whose user name it logged in with. The "
          "last 100 of each domain are kept until the gateway restarts.",
      .has_large_reply = true,
      .params = {{.name = "DomainID",
                  .type = ParamType::kInteger,
                  .help = "The sender domain",
                  .required = true,
                  .required_unless = "All",
                  .missing_code = 1},
                 {.name = "Limit",
                  .type = ParamType::kInteger,
                  .help = "Most sessions to show",
                  .default_text = "20",
                  .minimum = 1,
                  .maximum = 1000},
                 {.name = "All",
                  .type = ParamType::kBoolean,
                  .help = "Of every domain, and of clients that never logged in; admins only",
                  .default_text = "false"}},
      .results = {{"Sessions", FieldType::kList, "The sessions"},
                  {"Sessions[].At", FieldType::kString, "When the last thing was refused"},
                  {"Sessions[].DomainID", FieldType::kInteger,
                   "Whose user name it logged in with; 0: nobody's"},
                  {"Sessions[].ClientAddress", FieldType::kString, "Where it came from"},
                  {"Sessions[].ClientName", FieldType::kString, "What it said in EHLO"},
                  {"Sessions[].Username", FieldType::kString, "User name, right or wrong"},
                  {"Sessions[].TLS", FieldType::kString, "Version and cipher, or empty"},
                  {"Sessions[].Reason", FieldType::kString, "What it was told, or lacked"},
                  {"Sessions[].Remedy", FieldType::kString, "What to change, or empty"},
                  {"Sessions[].Dialogue", FieldType::kList,
                   "Lines: > the client's, < the gateway's, = a remark"}},
      .errors = kDomainErrors,
      .columns = {"At", "ClientAddress", "ClientName", "Username", "Reason", "Remedy"},
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "Sessions": [
    {
      "At": "2024-01-31 13:00:00",
      "DomainID": 123,
      "ClientAddress": "192.0.2.25",
      "ClientName": "app.example.com",
      "Username": "smtp_user_xxx",
      "TLS": "TLSv1.3 TLS_AES_256_GCM_SHA384",
      "Reason": "535 5.7.8 Wrong user name or password",
      "Remedy": "Check user name and password",
      "Dialogue": ["> EHLO app.example.com", "> AUTH PLAIN ***", "< 535 5.7.8 Wrong user name or password"]
    }
  ]
})",
      .example_cli = "egctl smtpsessions example.com",
  };
}

}  // namespace

std::vector<Command> SmtpEntries() {
  return {Add(), List(), Delete(), ResetPassword(), Sessions()};
}

}  // namespace egd::catalogue
