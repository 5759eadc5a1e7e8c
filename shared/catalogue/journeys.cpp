// Journeys: names under which messages are followed through the events.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "journeys";

std::vector<Field> JourneyFields() {
  return {{"JourneyID", FieldType::kInteger, "Identifies the journey"},
          {"Name", FieldType::kString, "Its name"},
          {"CreatedAt", FieldType::kString, "When it was created, UTC"},
          {"Actions", FieldType::kList, "Its actions, in order"},
          {"Actions[].ActionID", FieldType::kInteger, "Identifies the action"},
          {"Actions[].Name", FieldType::kString, "Its name"}};
}

std::vector<Field> OneJourney() {
  return Concat({{"Journey", FieldType::kObject, "The journey"}},
                Under("Journey", JourneyFields()));
}

Param JourneyId() {
  return {.name = "JourneyID",
          .type = ParamType::kInteger,
          .help = "The journey",
          .required = true,
          .missing_code = 1};
}

Param Actions(bool required, int missing_code, int invalid_code) {
  return {.name = "Actions",
          .type = ParamType::kJson,
          .help = "List of {ActionID, Name}; without ActionID the action is new",
          .required = required,
          .missing_code = missing_code,
          .invalid_code = invalid_code,
          .max_length = 1000};
}

constexpr ErrorEntry kMissing = {1, ErrorKind::kInvalidArgument, "JourneyID is missing"};
constexpr ErrorEntry kNotFound = {2, ErrorKind::kNotFound, "Journey not found or access denied",
                                  Cause::kJourneyNotFound};

constexpr std::string_view kReply = R"({
  "Journey": {
    "JourneyID": 3,
    "Name": "Onboarding",
    "CreatedAt": "2026-01-31 12:00:00",
    "Actions": [{"ActionID": 8, "Name": "Welcome mail"}]
  }
})";

Command Create() {
  return {
      .name = "journey.create",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create a journey",
      .details = "Messages sent with JourneyID and ActionID carry them into every event.",
      .params = {{.name = "Name",
                  .help = "Name of the journey",
                  .required = true,
                  .missing_code = 1,
                  .max_length = 255},
                 Actions(false, 0, 2)},
      .results =
          Concat({{"JourneyID", FieldType::kInteger, "Identifies the new journey"}}, OneJourney()),
      .errors = {{1, ErrorKind::kInvalidArgument, "Name is missing"},
                 {2, ErrorKind::kInvalidArgument, "Actions must be a list of {ActionID, Name}",
                  Cause::kActionsInvalid}},
      .example_request = R"({"Name": "Onboarding", "Actions": [{"Name": "Welcome mail"}]})",
      .example_reply = R"({
  "JourneyID": 3,
  "Journey": {
    "JourneyID": 3,
    "Name": "Onboarding",
    "CreatedAt": "2026-01-31 12:00:00",
    "Actions": [{"ActionID": 8, "Name": "Welcome mail"}]
  }
})",
      .example_cli = R"(egctl journey.create Onboarding --actions '[{"Name": "Welcome mail"}]')",
  };
}

Command Get() {
  return {
      .name = "journey.get",
      .group = kGroup,
      .summary = "Show a journey",
      .details = "With its actions.",
      .params = {JourneyId()},
      .results = OneJourney(),
      .errors = {kMissing, kNotFound},
      .example_request = R"({"JourneyID": 3})",
      .example_reply = kReply,
      .example_cli = "egctl journey.get 3",
  };
}

Command List() {
  return {
      .name = "journey.list",
      .group = kGroup,
      .summary = "List the journeys",
      .details = "Oldest first, with their actions.",
      .has_large_reply = true,
      .results = Concat({{"TotalJourneys", FieldType::kInteger, "How many there are"},
                         {"Journeys", FieldType::kList, "The journeys"}},
                        Under("Journeys[]", JourneyFields())),
      .example_request = "{}",
      .example_reply = R"({
  "TotalJourneys": 1,
  "Journeys": [
    {
      "JourneyID": 3,
      "Name": "Onboarding",
      "CreatedAt": "2026-01-31 12:00:00",
      "Actions": [{"ActionID": 8, "Name": "Welcome mail"}]
    }
  ]
})",
      .example_cli = "egctl journey.list",
  };
}

Command Delete() {
  return {
      .name = "journeys.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete journeys",
      .details =
          "All or nothing: an ID that does not exist deletes none of them. Their events are kept.",
      .params = {{.name = "Journeys",
                  .type = ParamType::kStringList,
                  .help = "IDs of the journeys, separated by commas",
                  .required = true,
                  .missing_code = 1}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Journeys is missing"}, kNotFound},
      .example_request = R"({"Journeys": "3"})",
      .example_reply = "{}",
      .example_cli = "egctl journeys.delete 3,4",
  };
}

Command UpdateActions() {
  return {
      .name = "journey.actions.update",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Replace the actions of a journey",
      .details =
          "Actions with an ActionID keep it, those without get one, and those left out are "
          "deleted.",
      .params = {JourneyId(), Actions(true, 3, 4)},
      .results = OneJourney(),
      .errors = {kMissing,
                 kNotFound,
                 {3, ErrorKind::kInvalidArgument, "Actions is missing"},
                 {4, ErrorKind::kInvalidArgument, "Actions must be a list of {ActionID, Name}",
                  Cause::kActionsInvalid},
                 {5, ErrorKind::kNotFound, "An ActionID is not one of this journey's",
                  Cause::kActionNotFound}},
      .example_request = R"({"JourneyID": 3, "Actions": [{"Name": "Welcome mail"}]})",
      .example_reply = kReply,
      .example_cli = R"(egctl journey.actions.update 3 --actions '[{"Name": "Welcome mail"}]')",
  };
}

}  // namespace

std::vector<Command> JourneyEntries() {
  return {Create(), Get(), List(), Delete(), UpdateActions()};
}

}  // namespace egd::catalogue
