// Everything about one address, for whoever asks what is kept about them, or asks to be forgotten.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "subject";

Param Address() {
  return {.name = "EmailAddress",
          .help =
              "The address, compared as everywhere: case does not matter, nor how its domain is "
              "spelled",
          .required = true,
          .missing_code = 1};
}

std::vector<ErrorEntry> AddressErrors() {
  return {{1, ErrorKind::kInvalidArgument, "EmailAddress is missing"},
          {2, ErrorKind::kInvalidArgument, "EmailAddress is not a valid e-mail address",
           Cause::kEmailAddressInvalid}};
}

std::vector<Field> ErasureFields() {
  return {{"ErasureID", FieldType::kInteger, "Its number"},
          {"BegunAt", FieldType::kString, "UTC"},
          {"FinishedAt", FieldType::kString, "UTC, or empty"},
          {"Finished", FieldType::kBoolean, "false: the rest follows by itself"},
          {"Erased", FieldType::kList, "How much"},
          {"Erased[].Kind", FieldType::kString, "As subject.export names it"},
          {"Erased[].Entries", FieldType::kInteger, "How many"}};
}

Command Export() {
  return {
      .name = "subject.export",
      .group = kGroup,
      .summary = "Show everything about one address",
      .details =
          "All users' data in which the address is: events, messages and their contents, queued "
          "mail, attempts with their dialogues, opens and clicks, subscribers, suppressions, mail "
          "that came back, captured mail, answers kept for idempotency keys, webhooks' jobs, "
          "refused SMTP sessions and accounts. One JSON object a line, each with its Kind; the "
          "last "
          "one is of Kind end and counts them, so one that is missing was cut off by a failure. "
          "Contents may name others: look before you pass them on. Users' settings, such as "
          "templates, logs and backups are not looked at.",
      .caller = Caller::kAdmin,
      .params = {Address()},
      .text_type = "application/x-ndjson",
      .errors = AddressErrors(),
      .example_request = R"({"EmailAddress": "nobody@example.org"})",
      .example_reply =
          R"({"Kind":"subject","EmailAddress":"nobody@example.org","ExportedAt":"2026-01-31 12:00:00"})"
          "\n"
          R"({"Kind":"end","Entries":{}})"
          "\n",
      .example_cli = "egctl subject.export jane@example.org",
  };
}

Command Erase() {
  return {
      .name = "subject.erase",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Forget one address",
      .details =
          "At once, no user sends to it any more: suppression lists keep a keyed hash of it, as an "
          "entry without an address, which suppression.delete with the address removes. Mail that "
          "is still queued to it is cancelled. Then everything that subject.export shows is "
          "erased, "
          "but for accounts: what is about its holder alone goes; in events, which statistics "
          "count, an alias at the same domain takes its place. Mail to others is never lost: what "
          "names the address too, or is with its server just now, is erased once it is finished. "
          "The answer comes when all is erased, or after 20 seconds; the rest follows by itself, "
          "also after a restart, and subject.erasures shows it. Erasing again what is being erased "
          "changes nothing. Backups made before still hold the address, as do logs: they have "
          "to be deleted. What a client hands in later is new.",
      .caller = Caller::kAdmin,
      .takes_long = true,
      .params = {Address()},
      .results = Concat({{"Erasure", FieldType::kObject, "What was erased"},
                         {"CancelledCount", FieldType::kInteger, "Queued mail to it, cancelled"}},
                        Under("Erasure", ErasureFields())),
      .errors = AddressErrors(),
      .example_request = R"({"EmailAddress": "nobody@example.org"})",
      .example_reply = R"({
  "Erasure": {
    "ErasureID": 3, "BegunAt": "2026-01-31 12:00:00", "FinishedAt": "2026-01-31 12:00:01",
    "Finished": true, "Erased": [{"Kind": "event", "Entries": 12}, {"Kind": "queued", "Entries": 1}]
  },
  "CancelledCount": 1
})",
      .example_cli = "egctl subject.erase jane@example.org",
  };
}

Command List() {
  return {
      .name = "subject.erasures",
      .group = kGroup,
      .summary = "List what was erased",
      .details = "When, and how much of what; never which address. Newest first.",
      .caller = Caller::kAdmin,
      .params = {{.name = "StartFrom",
                  .type = ParamType::kInteger,
                  .help = "Erasures to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RetrieveCount",
                  .type = ParamType::kInteger,
                  .help = "Erasures to return",
                  .default_text = "50",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = Concat({{"TotalRecords", FieldType::kInteger, "Of all pages"},
                         {"Erasures", FieldType::kList, "The erasures"}},
                        Under("Erasures[]", ErasureFields())),
      .columns = {"ErasureID", "BegunAt", "FinishedAt"},
      .example_request = R"({"StartFrom": 0, "RetrieveCount": 50})",
      .example_reply = R"({
  "TotalRecords": 1,
  "Erasures": [
    {
      "ErasureID": 3, "BegunAt": "2026-01-31 12:00:00", "FinishedAt": "2026-01-31 12:00:01",
      "Finished": true, "Erased": [{"Kind": "event", "Entries": 12}]
    }
  ]
})",
      .example_cli = "egctl subject.erasures",
  };
}

}  // namespace

std::vector<Command> SubjectEntries() {
  return {Erase(), List(), Export()};
}

}  // namespace egd::catalogue
