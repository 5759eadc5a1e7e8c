// What test keys sent: kept in place of going out.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "captured";

constexpr ErrorEntry kNoDomainId = {1, ErrorKind::kInvalidArgument, "DomainID is missing"};
constexpr ErrorEntry kNoId = {2, ErrorKind::kInvalidArgument, "CapturedID is missing"};
constexpr ErrorEntry kNotFound = {3, ErrorKind::kNotFound,
                                  "Captured message not found or access denied",
                                  Cause::kMessageNotFound};

Param CapturedId() {
  return {.name = "CapturedID",
          .type = ParamType::kInteger,
          .help = "The message, as captured.list shows it",
          .required = true,
          .missing_code = 2,
          .minimum = 1};
}

std::vector<Field> MessageFields() {
  return {{"CapturedID", FieldType::kInteger, "Its number"},
          {"CapturedAt", FieldType::kString, "When it would have gone out, UTC"},
          {"MessageID", FieldType::kString, "The MessageID, as returned by sendemail"},
          {"Recipient", FieldType::kString, "Envelope recipient"},
          {"From", FieldType::kString, "As events show it"},
          {"To", FieldType::kString, "As events show it"},
          {"Subject", FieldType::kString, "As events show it"},
          {"ReturnPath", FieldType::kString, "Envelope sender"},
          {"Size", FieldType::kInteger, "Octets"}};
}

Command List() {
  return {
      .name = "captured.list",
      .group = kGroup,
      .summary = "List what test keys sent",
      .details =
          "Newest first, a copy for each recipient. They are kept for 7 days, the newest 10,000 or "
          "256 MiB of a domain.",
      .has_large_reply = true,
      .params = {DomainId(),
                 {.name = "MessageID", .help = "Only copies of this message"},
                 {.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "How many to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "How many to return",
                  .default_text = "100",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = Concat({{"TotalRecords", FieldType::kInteger, "On all pages"},
                         {"Captured", FieldType::kList, "The messages of this page"}},
                        Under("Captured[]", MessageFields())),
      .errors = {kNoDomainId,
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .columns = {"CapturedID", "CapturedAt", "Recipient", "Subject", "Size"},
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "TotalRecords": 1,
  "Captured": [
    {
      "CapturedID": 12, "CapturedAt": "2026-01-31 12:00:00",
      "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "Recipient": "jane@example.org",
      "From": "john@example.com", "To": "jane@example.org", "Subject": "Hello",
      "ReturnPath": "b-agixvtotxu2hgbd7yopqaaaaaaac4xlqqkxtp2j@sl.example.com", "Size": 2300
    }
  ]
})",
      .example_cli = "egctl captured.list example.com",
  };
}

Command Show() {
  return {
      .name = "captured.show",
      .group = kGroup,
      .summary = "Show a message that a test key sent",
      .details = "With its header fields, unfolded. captured.raw shows all of it.",
      .has_large_reply = true,
      .params = {DomainId(), CapturedId()},
      .results = Concat({{"Captured", FieldType::kObject, "The message"},
                         {"Headers", FieldType::kList, "Its header fields, in their order"},
                         {"Headers[].Name", FieldType::kString, "Of the field"},
                         {"Headers[].Value", FieldType::kString, "As it would have gone out"}},
                        Under("Captured", MessageFields())),
      .errors = {kNoDomainId, kNoId, kNotFound},
      .example_request = R"({"DomainID": 123, "CapturedID": 12})",
      .example_reply = R"({
  "Captured": {
    "CapturedID": 12, "CapturedAt": "2026-01-31 12:00:00",
    "MessageID": "01890a5d-ac96-774b-bcce-b302099a8057", "Recipient": "jane@example.org",
    "From": "john@example.com", "To": "jane@example.org", "Subject": "Hello",
    "ReturnPath": "b-agixvtotxu2hgbd7yopqaaaaaaac4xlqqkxtp2j@sl.example.com", "Size": 2300
  },
  "Headers": [{"Name": "Subject", "Value": "Hello"}]
})",
      .example_cli = "egctl captured.show example.com 12",
  };
}

Command Raw() {
  return {
      .name = "captured.raw",
      .group = kGroup,
      .summary = "Print a message that a test key sent",
      .details = "As it would have gone out: signed, with rewritten links.",
      .has_large_reply = true,
      .params = {DomainId(), CapturedId()},
      .text_type = "message/rfc822",
      .errors = {kNoDomainId, kNoId, kNotFound},
      .example_request = R"({"DomainID": 123, "CapturedID": 12})",
      .example_reply = "DKIM-Signature: v=1; ...\r\nSubject: Hello\r\n\r\n...",
      .example_cli = "egctl captured.raw example.com 12",
  };
}

}  // namespace

std::vector<Command> CapturedEntries() {
  return {List(), Show(), Raw()};
}

}  // namespace egd::catalogue
