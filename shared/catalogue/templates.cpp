// E-mail templates: subject and contents kept in the gateway, sent by their ID.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "templates";
constexpr size_t kMaxContent =
    5 * 1024 * 1024;  // a template is text; images are attached or linked

std::vector<Field> TemplateFields(bool with_contents) {
  std::vector<Field> fields = {
      {"EmailID", FieldType::kInteger, "Identifies the template; TemplateID when sending"},
      {"EmailName", FieldType::kString, "Its name"},
      {"Subject", FieldType::kString, "Subject line"},
      {"ContentType", FieldType::kString, "HTML, Plain or Both"},
      {"CreatedAt", FieldType::kString, "When it was created, UTC"},
      {"UpdatedAt", FieldType::kString, "When it was last changed, UTC"}};
  if (with_contents) {
    fields.push_back({"HTMLContent", FieldType::kString, "HTML content, or empty"});
    fields.push_back({"PlainContent", FieldType::kString, "Plain text content, or empty"});
  }
  return fields;
}

Param EmailId() {
  return {.name = "EmailID",
          .type = ParamType::kInteger,
          .help = "The template",
          .required = true,
          .missing_code = 1};
}

// Creating requires the name and the content type; an update leaves alone what is not given.
std::vector<Param> Settings(bool create) {
  return {{.name = "EmailName",
           .help = "Name of the template",
           .required = create,
           .missing_code = 1,
           .max_length = 255},
          {.name = "Subject",
           .help = "Subject line; may hold fields such as {{ Subscriber:FirstName }}",
           .max_length = 998,
           .empty_is_value = !create},
          {.name = "ContentType",
           .help = "Which contents a message gets",
           .required = create,
           .missing_code = 2,
           .invalid_code = 3,
           .choices = {"HTML", "Plain", "Both"}},
          {.name = "HTMLContent",
           .type = ParamType::kText,
           .help = "HTML content; required with HTML and Both",
           .max_length = kMaxContent,
           .empty_is_value = !create},
          {.name = "PlainContent",
           .type = ParamType::kText,
           .help = "Plain text content; required with Plain and Both",
           .max_length = kMaxContent,
           .empty_is_value = !create}};
}

const ErrorEntry kContentMissing[] = {
    {4, ErrorKind::kInvalidArgument, "HTMLContent is missing", Cause::kHtmlMissing},
    {5, ErrorKind::kInvalidArgument, "PlainContent is missing", Cause::kPlainMissing}};

Command Create() {
  return {
      .name = "useremailtemplate.create",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create an e-mail template",
      .details =
          "Send it with TemplateID. Subject and contents may hold fields that are filled for "
          "each subscriber: {{ Subscriber:FirstName | \"friend\" }}.",
      .params = Settings(true),
      .results = {{"EmailID", FieldType::kInteger, "Identifies the new template"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "EmailName is missing"},
                 {2, ErrorKind::kInvalidArgument, "ContentType is missing"},
                 {3, ErrorKind::kInvalidArgument, "ContentType must be HTML, Plain or Both"},
                 kContentMissing[0],
                 kContentMissing[1]},
      .example_request = R"({
  "EmailName": "Welcome",
  "Subject": "Welcome, {{ Subscriber:FirstName | \"friend\" }}",
  "ContentType": "Both",
  "HTMLContent": "<h1>Welcome!</h1>",
  "PlainContent": "Welcome!"
})",
      .example_reply = R"({"EmailID": 17})",
      .example_cli =
          "egctl useremailtemplate.create Welcome Both --subject 'Welcome!' "
          "--html-file welcome.html --plain-content 'Welcome!'",
  };
}

Command Get() {
  return {
      .name = "useremailtemplate.get",
      .group = kGroup,
      .summary = "Show an e-mail template",
      .details = "With its contents.",
      .has_large_reply = true,
      .params = {EmailId()},
      .results = Concat({{"Template", FieldType::kObject, "The template"}},
                        Under("Template", TemplateFields(true))),
      .errors = {{1, ErrorKind::kInvalidArgument, "EmailID is missing"},
                 {2, ErrorKind::kNotFound, "Template not found or access denied",
                  Cause::kTemplateNotFound}},
      .example_request = R"({"EmailID": 17})",
      .example_reply = R"({
  "Template": {
    "EmailID": 17,
    "EmailName": "Welcome",
    "Subject": "Welcome!",
    "ContentType": "Plain",
    "CreatedAt": "2026-01-31 12:00:00",
    "UpdatedAt": "2026-01-31 12:00:00",
    "HTMLContent": "",
    "PlainContent": "Welcome!"
  }
})",
      .example_cli = "egctl useremailtemplate.get 17",
  };
}

Command Update() {
  std::vector<Param> params = {EmailId()};
  for (Param& param : Settings(false)) params.push_back(param);
  return {
      .name = "useremailtemplate.update",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Change an e-mail template",
      .details = "Only what is given changes. Mail already accepted keeps the old contents.",
      .has_large_reply = true,
      .params = params,
      .results = Concat({{"Template", FieldType::kObject, "The template as it is now"}},
                        Under("Template", TemplateFields(true))),
      .errors = {{1, ErrorKind::kInvalidArgument, "EmailID is missing"},
                 {2, ErrorKind::kNotFound, "Template not found or access denied",
                  Cause::kTemplateNotFound},
                 {3, ErrorKind::kInvalidArgument, "ContentType must be HTML, Plain or Both"},
                 kContentMissing[0],
                 kContentMissing[1]},
      .example_request = R"({"EmailID": 17, "Subject": "Hello!"})",
      .example_reply = R"({
  "Template": {
    "EmailID": 17,
    "EmailName": "Welcome",
    "Subject": "Hello!",
    "ContentType": "Plain",
    "CreatedAt": "2026-01-31 12:00:00",
    "UpdatedAt": "2026-02-01 12:00:00",
    "HTMLContent": "",
    "PlainContent": "Welcome!"
  }
})",
      .example_cli = "egctl useremailtemplate.update 17 --subject 'Hello!'",
  };
}

Command Delete() {
  return {
      .name = "useremailtemplate.delete",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete an e-mail template",
      .details = "Mail that was accepted with it is still delivered.",
      .params = {EmailId()},
      .errors = {{1, ErrorKind::kInvalidArgument, "EmailID is missing"},
                 {2, ErrorKind::kNotFound, "Template not found or access denied",
                  Cause::kTemplateNotFound}},
      .example_request = R"({"EmailID": 17})",
      .example_reply = "{}",
      .example_cli = "egctl useremailtemplate.delete 17",
  };
}

Command List() {
  return {
      .name = "useremailtemplates.get",
      .group = kGroup,
      .summary = "List e-mail templates",
      .details = "Oldest first, without contents.",
      .has_large_reply = true,
      .results = Concat({{"TotalTemplateCount", FieldType::kInteger, "How many there are"},
                         {"Templates", FieldType::kList, "The templates"}},
                        Under("Templates[]", TemplateFields(false))),
      .example_request = "{}",
      .example_reply = R"({
  "TotalTemplateCount": 1,
  "Templates": [
    {
      "EmailID": 17,
      "EmailName": "Welcome",
      "Subject": "Welcome!",
      "ContentType": "Plain",
      "CreatedAt": "2026-01-31 12:00:00",
      "UpdatedAt": "2026-01-31 12:00:00"
    }
  ]
})",
      .example_cli = "egctl useremailtemplates.get",
  };
}

}  // namespace

std::vector<Command> TemplateEntries() {
  return {Create(), Get(), Update(), Delete(), List()};
}

}  // namespace egd::catalogue
