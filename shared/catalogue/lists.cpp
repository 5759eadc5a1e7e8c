// Lists and their subscribers.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "lists";

const std::vector<std::string_view> kStatuses = {"Subscribed", "Unsubscribed", "Opt-In Pending",
                                                 "Opt-Out Pending"};

std::vector<Field> ListFields() {
  return {{"ListID", FieldType::kInteger, "Identifies the list"},
          {"Name", FieldType::kString, "Its name"},
          {"SubscriberCount", FieldType::kInteger, "Subscribers with status Subscribed"},
          {"CreatedAt", FieldType::kString, "When it was created, UTC"}};
}

std::vector<Field> SubscriberFields() {
  return {
      {"SubscriberID", FieldType::kInteger, "Identifies the subscriber"},
      {"ListID", FieldType::kInteger, "The list"},
      {"EmailAddress", FieldType::kString, "Address"},
      {"Status", FieldType::kString, "Subscribed, Unsubscribed, Opt-In Pending or Opt-Out Pending"},
      {"CustomFields", FieldType::kObject, "Values by field name"},
      {"CreatedAt", FieldType::kString, "When it was added, UTC"},
      {"UpdatedAt", FieldType::kString, "When it was last changed, UTC"}};
}

Param ListId(int missing_code = 1) {
  return {.name = "ListID",
          .type = ParamType::kInteger,
          .help = "The list",
          .required = true,
          .missing_code = missing_code};
}

Param SubscriberId() {
  return {.name = "SubscriberID",
          .type = ParamType::kInteger,
          .help = "The subscriber",
          .required = true,
          .missing_code = 3};
}

Param ListName() {
  return {.name = "SubscriberListName",
          .help = "Name of the list",
          .required = true,
          .missing_code = 1,
          .max_length = 255};
}

Param EmailAddress(bool required) {
  return {.name = "EmailAddress",
          .help = "Address, once in a list whatever its case",
          .required = required,
          .missing_code = 3,
          .invalid_code = 4,
          .max_length = 254};
}

Param Status(bool create) {
  return {.name = "Status",
          .help = "Only a Subscribed subscriber is sent to",
          .default_text = create ? "Subscribed" : "",
          .choices = kStatuses};
}

Param CustomFields() {
  return {.name = "CustomFields",
          .type = ParamType::kStringMap,
          .help = "Values by field name, for {{ Subscriber:NAME }}; numbers are kept as text",
          .max_length = 100,
          .multi_line = true};
}

constexpr ErrorEntry kListMissing = {1, ErrorKind::kInvalidArgument, "ListID is missing"};
constexpr ErrorEntry kListNotFound = {2, ErrorKind::kNotFound, "List not found or access denied",
                                      Cause::kListNotFound};
constexpr ErrorEntry kSubscriberMissing = {3, ErrorKind::kInvalidArgument,
                                           "SubscriberID is missing"};
constexpr ErrorEntry kSubscriberNotFound = {4, ErrorKind::kNotFound, "Subscriber not found",
                                            Cause::kSubscriberNotFound};

constexpr std::string_view kListReply = R"({
  "List": {"ListID": 5, "Name": "Customers", "SubscriberCount": 2, "CreatedAt": "2026-01-31 12:00:00"}
})";

constexpr std::string_view kSubscriberReply = R"({
  "Subscriber": {
    "SubscriberID": 9,
    "ListID": 5,
    "EmailAddress": "jane@example.net",
    "Status": "Subscribed",
    "CustomFields": {"FirstName": "Jane"},
    "CreatedAt": "2026-01-31 12:00:00",
    "UpdatedAt": "2026-01-31 12:00:00"
  }
})";

std::vector<Field> OneList() {
  return Concat({{"List", FieldType::kObject, "The list"}}, Under("List", ListFields()));
}

std::vector<Field> OneSubscriber() {
  return Concat({{"Subscriber", FieldType::kObject, "The subscriber"}},
                Under("Subscriber", SubscriberFields()));
}

Command CreateList() {
  return {
      .name = "list.create",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create a list of subscribers",
      .details = "Send to all of its subscribers with TargetListID.",
      .params = {ListName()},
      .results = {{"ListID", FieldType::kInteger, "Identifies the new list"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "SubscriberListName is missing"}},
      .example_request = R"({"SubscriberListName": "Customers"})",
      .example_reply = R"({"ListID": 5})",
      .example_cli = "egctl list.create Customers",
  };
}

Command GetList() {
  return {
      .name = "list.get",
      .group = kGroup,
      .summary = "Show a list",
      .details = "With the number of its subscribers.",
      .params = {ListId()},
      .results = OneList(),
      .errors = {kListMissing, kListNotFound},
      .example_request = R"({"ListID": 5})",
      .example_reply = kListReply,
      .example_cli = "egctl list.get 5",
  };
}

Command UpdateList() {
  Param name = ListName();
  name.missing_code = 3;
  return {
      .name = "list.update",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Rename a list",
      .details = "Its subscribers are kept.",
      .params = {ListId(), name},
      .results = OneList(),
      .errors = {kListMissing,
                 kListNotFound,
                 {3, ErrorKind::kInvalidArgument, "SubscriberListName is missing"}},
      .example_request = R"({"ListID": 5, "SubscriberListName": "Customers"})",
      .example_reply = kListReply,
      .example_cli = "egctl list.update 5 Customers",
  };
}

Command Lists() {
  return {
      .name = "lists.get",
      .group = kGroup,
      .summary = "List the lists",
      .details = "Oldest first.",
      .has_large_reply = true,
      .results = Concat({{"TotalListCount", FieldType::kInteger, "How many there are"},
                         {"Lists", FieldType::kList, "The lists"}},
                        Under("Lists[]", ListFields())),
      .example_request = "{}",
      .example_reply = R"({
  "TotalListCount": 1,
  "Lists": [
    {"ListID": 5, "Name": "Customers", "SubscriberCount": 2, "CreatedAt": "2026-01-31 12:00:00"}
  ]
})",
      .example_cli = "egctl lists.get",
  };
}

Command DeleteLists() {
  return {
      .name = "lists.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete lists with their subscribers",
      .details =
          "All or nothing: an ID that does not exist deletes none of them. A send to the list that "
          "is in progress goes to the recipients reached so far.",
      .params = {{.name = "Lists",
                  .type = ParamType::kStringList,
                  .help = "IDs of the lists, separated by commas",
                  .required = true,
                  .missing_code = 1}},
      .errors = {{1, ErrorKind::kInvalidArgument, "Lists is missing"}, kListNotFound},
      .example_request = R"({"Lists": "5"})",
      .example_reply = "{}",
      .example_cli = "egctl lists.delete 5,6",
  };
}

Command CreateSubscriber() {
  return {
      .name = "subscriber.create",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Add a subscriber to a list",
      .details =
          "With UpdateIfDuplicate an address that already exists gets the new status and fields; "
          "fields not given keep their values.",
      .params = {ListId(),
                 EmailAddress(true),
                 Status(true),
                 CustomFields(),
                 {.name = "UpdateIfDuplicate",
                  .type = ParamType::kFlag,
                  .help = "Update the subscriber if the address already exists",
                  .default_text = "0"}},
      .results = Concat({{"SubscriberID", FieldType::kInteger, "Identifies the subscriber"}},
                        OneSubscriber()),
      .errors = {kListMissing,
                 kListNotFound,
                 {3, ErrorKind::kInvalidArgument, "EmailAddress is missing"},
                 {4, ErrorKind::kInvalidArgument, "EmailAddress is not a valid e-mail address",
                  Cause::kEmailAddressInvalid},
                 {5, ErrorKind::kConflict, "EmailAddress is in the list already",
                  Cause::kEmailAddressTaken}},
      .example_request =
          R"({"ListID": 5, "EmailAddress": "jane@example.net", "CustomFields": {"FirstName": "Jane"}})",
      .example_reply = R"({
  "SubscriberID": 9,
  "Subscriber": {
    "SubscriberID": 9,
    "ListID": 5,
    "EmailAddress": "jane@example.net",
    "Status": "Subscribed",
    "CustomFields": {"FirstName": "Jane"},
    "CreatedAt": "2026-01-31 12:00:00",
    "UpdatedAt": "2026-01-31 12:00:00"
  }
})",
      .example_cli = "egctl subscriber.create 5 jane@example.net --custom-fields FirstName=Jane",
  };
}

Command Subscribe() {
  Param fields = CustomFields();
  fields.numbered_entries = "CustomField";
  fields.help = "Values by field name; CustomField1, CustomField2, ... may be given on their own";
  Param more = CustomFields();
  more.name = "Fields";
  more.help = "The same, as fields[CustomField1] of a form";
  return {
      .name = "subscriber.subscribe",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Add a subscriber to a list, as older clients do",
      .details =
          "What subscriber.create does, under the name and with the parameters that older clients "
          "of this API use.",
      .params = {ListId(),
                 EmailAddress(true),
                 {.name = "IPAddress",
                  .help = "Where the person subscribed from; kept as the custom field "
                          "SubscriptionIP",
                  .max_length = 45},
                 Status(true),
                 std::move(fields),
                 std::move(more),
                 {.name = "UpdateIfExists",
                  .type = ParamType::kFlag,
                  .help = "Update the subscriber if the address already exists",
                  .default_text = "0"}},
      .results = Concat({{"SubscriberID", FieldType::kInteger, "Identifies the subscriber"}},
                        OneSubscriber()),
      .errors = {kListMissing,
                 kListNotFound,
                 {3, ErrorKind::kInvalidArgument, "EmailAddress is missing"},
                 {4, ErrorKind::kInvalidArgument, "EmailAddress is not a valid e-mail address",
                  Cause::kEmailAddressInvalid},
                 {5, ErrorKind::kConflict, "EmailAddress is in the list already",
                  Cause::kEmailAddressTaken}},
      .example_request =
          R"({"ListID": 5, "EmailAddress": "kim@example.net", "IPAddress": "192.0.2.10", "CustomField1": "Kim"})",
      .example_reply = R"({
  "SubscriberID": 9,
  "Subscriber": {
    "SubscriberID": 9,
    "ListID": 5,
    "EmailAddress": "kim@example.net",
    "Status": "Subscribed",
    "CustomFields": {"CustomField1": "Kim", "SubscriptionIP": "192.0.2.10"},
    "CreatedAt": "2026-01-31 12:00:00",
    "UpdatedAt": "2026-01-31 12:00:00"
  }
})",
      .example_cli = "egctl subscriber.subscribe 5 kim@example.net --ip-address 192.0.2.10",
  };
}

Command GetSubscriber() {
  return {
      .name = "subscriber.get",
      .group = kGroup,
      .summary = "Show a subscriber",
      .details = "With all custom fields.",
      .params = {ListId(), SubscriberId()},
      .results = OneSubscriber(),
      .errors = {kListMissing, kListNotFound, kSubscriberMissing, kSubscriberNotFound},
      .example_request = R"({"ListID": 5, "SubscriberID": 9})",
      .example_reply = kSubscriberReply,
      .example_cli = "egctl subscriber.get 5 9",
  };
}

Command UpdateSubscriber() {
  Param address = EmailAddress(false);
  address.invalid_code = 5;
  return {
      .name = "subscriber.update",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Change a subscriber",
      .details = "Only what is given changes; a custom field with an empty value is removed.",
      .params = {ListId(), SubscriberId(), address, Status(false), CustomFields()},
      .results = OneSubscriber(),
      .errors = {kListMissing,
                 kListNotFound,
                 kSubscriberMissing,
                 kSubscriberNotFound,
                 {5, ErrorKind::kInvalidArgument, "EmailAddress is not a valid e-mail address",
                  Cause::kEmailAddressInvalid},
                 {6, ErrorKind::kConflict, "EmailAddress is in the list already",
                  Cause::kEmailAddressTaken}},
      .example_request =
          R"({"ListID": 5, "SubscriberID": 9, "CustomFields": {"FirstName": "Jane"}})",
      .example_reply = kSubscriberReply,
      .example_cli = "egctl subscriber.update 5 9 --custom-fields FirstName=Jane",
  };
}

Command Unsubscribe() {
  return {
      .name = "subscriber.unsubscribe",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Unsubscribe an address from a list",
      .details =
          "The subscriber is kept, with status Unsubscribed. Identify it by SubscriberID or "
          "EmailAddress.",
      .params = {ListId(),
                 {.name = "SubscriberID", .type = ParamType::kInteger, .help = "The subscriber"},
                 {.name = "EmailAddress", .help = "Or the address", .max_length = 254}},
      .results = OneSubscriber(),
      .errors = {kListMissing,
                 kListNotFound,
                 {3, ErrorKind::kInvalidArgument, "SubscriberID or EmailAddress is missing",
                  Cause::kSubscriberUnnamed},
                 kSubscriberNotFound},
      .example_request = R"({"ListID": 5, "EmailAddress": "jane@example.net"})",
      .example_reply = R"({
  "Subscriber": {
    "SubscriberID": 9,
    "ListID": 5,
    "EmailAddress": "jane@example.net",
    "Status": "Unsubscribed",
    "CustomFields": {"FirstName": "Jane"},
    "CreatedAt": "2026-01-31 12:00:00",
    "UpdatedAt": "2026-01-31 12:00:00"
  }
})",
      .example_cli = "egctl subscriber.unsubscribe 5 --email-address jane@example.net",
  };
}

Command ListSubscribers() {
  return {
      .name = "subscribers.get",
      .group = kGroup,
      .summary = "List the subscribers of a list",
      .details = "Oldest first.",
      .has_large_reply = true,
      .params = {ListId(),
                 {.name = "Status", .help = "Only those with this status", .choices = kStatuses},
                 {.name = "RecordsFrom",
                  .type = ParamType::kInteger,
                  .help = "Subscribers to skip",
                  .default_text = "0",
                  .minimum = 0},
                 {.name = "RecordsPerRequest",
                  .type = ParamType::kInteger,
                  .help = "Subscribers to return",
                  .default_text = "25",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = Concat({{"TotalSubscribers", FieldType::kInteger, "On all pages"},
                         {"Subscribers", FieldType::kList, "The subscribers of this page"}},
                        Under("Subscribers[]", SubscriberFields())),
      .errors = {kListMissing, kListNotFound},
      .example_request = R"({"ListID": 5})",
      .example_reply = R"({
  "TotalSubscribers": 1,
  "Subscribers": [
    {
      "SubscriberID": 9,
      "ListID": 5,
      "EmailAddress": "jane@example.net",
      "Status": "Subscribed",
      "CustomFields": {"FirstName": "Jane"},
      "CreatedAt": "2026-01-31 12:00:00",
      "UpdatedAt": "2026-01-31 12:00:00"
    }
  ]
})",
      .example_cli = "egctl subscribers.get 5 --status Subscribed",
  };
}

Command ImportSubscribers() {
  return {
      .name = "subscribers.import",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Add many subscribers to a list",
      .details =
          "CSV (RFC 4180), a subscriber a line. The first line may name the columns: EmailAddress, "
          "and custom fields under their names; without it the lines hold addresses alone. Invalid "
          "lines are reported by number and the rest is imported. An address that already exists "
          "is skipped, or updated with UpdateIfDuplicate. egctl sends a file of any size in parts "
          "and shows progress.",
      .params = {ListId(),
                 {.name = "ImportData",
                  .type = ParamType::kText,
                  .help = "The CSV text",
                  .required = true,
                  .missing_code = 3,
                  .max_length = 32 * 1024 * 1024,
                  .file_form = FileForm::kCsv},
                 Status(true),
                 {.name = "UpdateIfDuplicate",
                  .type = ParamType::kFlag,
                  .help = "Update subscribers whose address already exists",
                  .default_text = "0"}},
      .results = {{"TotalData", FieldType::kInteger, "Lines read, without the header"},
                  {"TotalImported", FieldType::kInteger, "Subscribers added"},
                  {"TotalUpdated", FieldType::kInteger, "Subscribers changed"},
                  {"TotalDuplicates", FieldType::kInteger,
                   "Lines skipped: the address already exists"},
                  {"TotalFailed", FieldType::kInteger, "Invalid lines"},
                  {"FailedLines", FieldType::kList, "The first 1,000 of these"},
                  {"FailedLines[].Line", FieldType::kInteger, "Its number, from 1"},
                  {"FailedLines[].Error", FieldType::kString, "What is wrong"}},
      .errors = {kListMissing,
                 kListNotFound,
                 {3, ErrorKind::kInvalidArgument, "ImportData is missing"}},
      .example_request =
          R"({"ListID": 5, "ImportData": "EmailAddress,FirstName\nzoe@example.net,Zoe\nnot an address,X\n"})",
      .example_reply = R"({
  "TotalData": 2,
  "TotalImported": 1,
  "TotalUpdated": 0,
  "TotalDuplicates": 0,
  "TotalFailed": 1,
  "FailedLines": [{"Line": 3, "Error": "not a valid e-mail address"}]
})",
      .example_cli = "egctl subscribers.import 5 --import-data-file subscribers.csv",
      .cli_use = CliUse::kImport,
      .example_cli_use = "egctl subscribers.import 5 --import-data-file all.csv --start-line 40001",
  };
}

Command DeleteSubscribers() {
  return {
      .name = "subscribers.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete subscribers of a list",
      .details = "All or nothing: an ID that does not exist deletes none of them.",
      .params = {ListId(),
                 {.name = "Subscribers",
                  .type = ParamType::kStringList,
                  .help = "IDs of the subscribers, separated by commas",
                  .required = true,
                  .missing_code = 3}},
      .errors = {kListMissing,
                 kListNotFound,
                 {3, ErrorKind::kInvalidArgument, "Subscribers is missing"},
                 kSubscriberNotFound},
      .example_request = R"({"ListID": 5, "Subscribers": "9"})",
      .example_reply = "{}",
      .example_cli = "egctl subscribers.delete 5 9,10",
  };
}

}  // namespace

std::vector<Command> ListEntries() {
  return {CreateList(),       GetList(),          UpdateList(),      Lists(),
          DeleteLists(),      CreateSubscriber(), Subscribe(),       GetSubscriber(),
          UpdateSubscriber(), Unsubscribe(),      ListSubscribers(), ImportSubscribers(),
          DeleteSubscribers()};
}

}  // namespace egd::catalogue
