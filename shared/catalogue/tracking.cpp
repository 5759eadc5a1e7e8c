// Opens and clicks: which are people's, which are machines'.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "tracking";

Command ClassifyHit() {
  return {
      .name = "classifyhit",
      .group = kGroup,
      .summary = "Explain whether an open or click is a person's or a machine's",
      .details =
          "Of a stored event, by its Sequence, together with what the same recipient did within "
          "ten seconds; or of a request described by the other parameters. Says which rule "
          "decides, and where that rule is known from. Nothing is changed.",
      .caller = Caller::kAdmin,
      .params = {{.name = "Sequence",
                  .type = ParamType::kInteger,
                  .help = "An open or click event's Sequence",
                  .minimum = 1},
                 {.name = "UserAgent",
                  .help = "User-Agent of the request",
                  .max_length = 2048,
                  .empty_is_value = true},
                 {.name = "Event",
                  .help = "What it would be",
                  .default_text = "click",
                  .choices = {"open", "click"}},
                 {.name = "IPAddress", .help = "Where it comes from"},
                 {.name = "Method",
                  .help = "Its HTTP method",
                  .default_text = "GET",
                  .choices = {"GET", "HEAD"}},
                 {.name = "MXHost", .help = "Mail server that took the message"},
                 {.name = "SecondsAfterDelivery",
                  .type = ParamType::kInteger,
                  .help = "How long after that it comes",
                  .minimum = 0,
                  .maximum = 1'000'000'000}},
      .results = {{"Automated", FieldType::kBoolean, "A machine's"},
                  {"Rule", FieldType::kString, "Name of the rule that says so, or empty"},
                  {"Reason", FieldType::kString, "The rule in words"},
                  {"Source", FieldType::kString, "Where the rule is known from"},
                  {"Stored", FieldType::kObject, "Of a Sequence: what is kept of it now", false},
                  {"Stored.Automated", FieldType::kBoolean, "As statistics count it", false},
                  {"Stored.Rule", FieldType::kString, "The rule that decided then", false},
                  {"Stored.UserAgent", FieldType::kString, "User-Agent", false},
                  {"Stored.IPAddress", FieldType::kString, "IP address", false},
                  {"Stored.Method", FieldType::kString, "HTTP method", false}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Sequence or UserAgent is missing",
                  Cause::kHitUnnamed},
                 {2, ErrorKind::kNotFound, "No open or click has this Sequence",
                  Cause::kHitNotFound}},
      .example_request = R"({"Event": "open", "UserAgent": "Mozilla/5.0"})",
      .example_reply = R"({
  "Automated": true,
  "Rule": "apple-prefetch",
  "Reason": "Apple Mail Privacy Protection loads every picture, read or not, as plain Mozilla/5.0",
  "Source": "wordtothewise.com/2021/09/apple-mpp"
})",
      .example_cli = "egctl classifyhit --event open --user-agent Mozilla/5.0",
  };
}

Command Reclassify() {
  return {
      .name = "reclassify",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Apply today's rules to stored opens and clicks",
      .details =
          "Judges every open and click since a day again, as classifyhit does, and corrects events "
          "and statistics where a rule that came with a newer egd, or one that is gone, makes a "
          "difference. May be repeated; webhooks are not told.",
      .caller = Caller::kAdmin,
      .params = {{.name = "Since",
                  .type = ParamType::kDay,
                  .help = "First day, UTC, as 2024-01-31",
                  .required = true,
                  .missing_code = 1}},
      .results = {{"Examined", FieldType::kInteger, "Opens and clicks looked at"},
                  {"Changed", FieldType::kInteger, "Of these, judged otherwise now"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Since is missing"}},
      .example_request = R"({"Since": "2024-01-31"})",
      .example_reply = R"({"Examined": 1200, "Changed": 14})",
      .example_cli = "egctl reclassify --since 2024-01-31",
  };
}

}  // namespace

std::vector<Command> TrackingEntries() {
  return {ClassifyHit(), Reclassify()};
}

}  // namespace egd::catalogue
