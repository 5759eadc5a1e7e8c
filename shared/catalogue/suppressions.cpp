// The suppression list: addresses of a user that are never sent to.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "suppressions";
constexpr size_t kMaxBulk = 32 * 1024 * 1024;  // a million addresses

std::vector<Param> Addresses() {
  return {{.name = "EmailAddresses",
           .type = ParamType::kStringList,
           .help = "Addresses",
           .max_length = 100'000},
          {.name = "EmailAddressesBulk",
           .type = ParamType::kText,
           .help = "Addresses, one a line",
           .max_length = kMaxBulk,
           .file_form = FileForm::kLines}};
}

constexpr ErrorEntry kMissing = {1, ErrorKind::kInvalidArgument,
                                 "EmailAddresses or EmailAddressesBulk is missing",
                                 Cause::kAddressesMissing};

Command Browse() {
  return {
      .name = "suppression.browse",
      .group = kGroup,
      .summary = "Search the suppression list",
      .details = "By address. In SearchPattern, * stands for any text.",
      .has_large_reply = true,
      .params = {{.name = "SearchPattern",
                  .help = "Addresses to show",
                  .default_text = "*",
                  .max_length = 254},
                 {.name = "SuppressionSource",
                  .help = "Only those of this source: bounce, complaint, unsubscribe, manual, ...",
                  .max_length = 64},
                 {.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "Addresses to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "Addresses to return",
                  .default_text = "100",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = {{"TotalRecords", FieldType::kInteger, "On all pages"},
                  {"Suppressions", FieldType::kList, "The addresses of this page"},
                  {"Suppressions[].EmailAddress", FieldType::kString,
                   "The address; empty of one that was erased"},
                  {"Suppressions[].Erased", FieldType::kBoolean,
                   "Only a keyed hash of the address is left (subject.erase)"},
                  {"Suppressions[].SuppressionSource", FieldType::kString,
                   "Source: bounce, complaint, unsubscribe, manual, ..."},
                  {"Suppressions[].Scope", FieldType::kString,
                   "What it stops: all mail, one list's (list:7), or mail that offers an "
                   "unsubscribe link (bulk)"},
                  {"Suppressions[].Reason", FieldType::kString, "Why, or empty"},
                  {"Suppressions[].CreatedAt", FieldType::kString, "Since when, UTC"}},
      .example_request = R"({"SearchPattern": "*@example.net"})",
      .example_reply = R"({
  "TotalRecords": 1,
  "Suppressions": [
    {
      "EmailAddress": "gone@example.net",
      "Erased": false,
      "SuppressionSource": "bounce",
      "Scope": "all",
      "Reason": "550 5.1.1 no such user",
      "CreatedAt": "2026-01-31 12:00:00"
    }
  ]
})",
      .example_cli = "egctl suppression.browse --search-pattern '*@example.net'",
  };
}

Command Import() {
  std::vector<Param> params = Addresses();
  params.push_back({.name = "SuppressionSource",
                    .help = "Source to record",
                    .default_text = "manual",
                    .max_length = 64});
  params.push_back({.name = "Reason", .help = "Why", .max_length = 255});
  return {
      .name = "suppression.import",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Add addresses to the suppression list",
      .details =
          "Addresses already listed are left unchanged; invalid ones are reported by number and "
          "the rest is added. egctl sends a file of any size in parts and shows progress.",
      .params = params,
      .results = {{"TotalData", FieldType::kInteger, "Addresses read"},
                  {"TotalImported", FieldType::kInteger, "Addresses added"},
                  {"TotalDuplicates", FieldType::kInteger, "Addresses that already existed"},
                  {"TotalFailed", FieldType::kInteger, "Lines that are not valid addresses"},
                  {"FailedLines", FieldType::kList, "The first 1,000 of these"},
                  {"FailedLines[].Line", FieldType::kInteger, "Its number, from 1"},
                  {"FailedLines[].Error", FieldType::kString, "What is wrong"}},
      .errors = {kMissing},
      .example_request =
          R"({"EmailAddressesBulk": "gone@example.net\nnot an address\n", "Reason": "moved"})",
      .example_reply = R"({
  "TotalData": 2,
  "TotalImported": 1,
  "TotalDuplicates": 0,
  "TotalFailed": 1,
  "FailedLines": [{"Line": 2, "Error": "not a valid e-mail address"}]
})",
      .example_cli = "egctl suppression.import --email-addresses-bulk-file addresses.txt",
      .cli_use = CliUse::kImport,
      .example_cli_use = "egctl suppression.import --email-addresses-bulk-file - < all.txt",
  };
}

Command Delete() {
  return {
      .name = "suppression.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Remove addresses from the suppression list",
      .details = "They can be sent to again. An address that is not listed is ignored.",
      .params = Addresses(),
      .results = {{"TotalDeleted", FieldType::kInteger, "Addresses removed"}},
      .errors = {kMissing},
      .example_request = R"({"EmailAddresses": ["gone@example.net"]})",
      .example_reply = R"({"TotalDeleted": 1})",
      .example_cli = "egctl suppression.delete --email-addresses gone@example.net",
  };
}

Command Stats() {
  return {
      .name = "suppression.stats",
      .group = kGroup,
      .summary = "Count suppressions by source",
      .details = "The total, and the number of entries for each source.",
      .results = {{"TotalSuppressions", FieldType::kInteger, "Addresses in all"},
                  {"Sources", FieldType::kObject, "Addresses by source"}},
      .example_request = "{}",
      .example_reply = R"({"TotalSuppressions": 3, "Sources": {"bounce": 2, "manual": 1}})",
      .example_cli = "egctl suppression.stats",
  };
}

}  // namespace

std::vector<Command> SuppressionEntries() {
  return {Browse(), Import(), Delete(), Stats()};
}

}  // namespace egd::catalogue
