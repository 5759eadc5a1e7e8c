#include "shared/catalogue/openapi.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "shared/base/version.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/json_text.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

Json Ref(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

// Also names the schemas.
std::string OperationId(const Command& command) {
  return std::string(command.CliName());
}

Json Bounds(const Param& param) {
  Json schema{{"type", "integer"}, {"format", "int64"}};
  if (param.minimum != INT64_MIN) schema["minimum"] = param.minimum;
  if (param.maximum != INT64_MAX) schema["maximum"] = param.maximum;
  return schema;
}

Json ListOf(Json items, const Param& param) {
  return {{"type", "array"}, {"items", std::move(items)}, {"maxItems", param.max_length}};
}

Json TypeOf(const Param& param) {
  switch (param.type) {
    case ParamType::kString:
    case ParamType::kText:
      return {{"type", "string"}, {"maxLength", param.max_length}};
    case ParamType::kSecret:
      return {{"type", "string"}, {"maxLength", param.max_length}, {"format", "password"}};
    case ParamType::kInteger:
    case ParamType::kTimestamp:
      return Bounds(param);
    case ParamType::kBoolean:
      return {{"type", "boolean"}};
    case ParamType::kFlag:
      return {{"type", "integer"}, {"enum", {0, 1}}};
    case ParamType::kDay:
      return {{"type", "string"}, {"format", "date"}};
    case ParamType::kStringList:
      return {{"type", {"array", "string"}},  // or texts between commas
              {"items", {{"type", "string"}}},
              {"maxItems", param.max_length}};
    case ParamType::kMailbox:
      return Ref("Mailbox");
    case ParamType::kMailboxList:
      return ListOf(Ref("Mailbox"), param);
    case ParamType::kStringMap:
      return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    case ParamType::kAttachmentList:
      return ListOf(Ref("Attachment"), param);
    case ParamType::kRequestList:
      return ListOf(Ref(OperationId(*Find(param.of_command)) + "_request"), param);
    case ParamType::kJson:
      return Json::object();
  }
  return Json::object();
}

Json DefaultOf(const Param& param) {
  if (param.type == ParamType::kStringList) return nullptr;  // told in words alone
  const bool literal = param.type == ParamType::kInteger || param.type == ParamType::kFlag ||
                       param.type == ParamType::kBoolean;
  return literal ? ParseJson(param.default_text).value_or(Json()) : Json(param.default_text);
}

Json SchemaOf(const Param& param) {
  Json schema = TypeOf(param);
  Json& element = param.type == ParamType::kStringList ? schema["items"] : schema;
  if (!param.choices.empty()) element["enum"] = param.choices;
  if (!param.default_text.empty() && !DefaultOf(param).is_null())
    schema["default"] = DefaultOf(param);
  schema["description"] = param.help;
  return schema;
}

bool IsAlwaysRequired(const Param& param) {
  return param.required && param.required_unless.empty();
}

Json RequestSchema(const Command& command, bool with_command_name) {
  Json schema{{"type", "object"}, {"description", command.summary}};
  Json required = Json::array(), properties = Json::object();
  if (with_command_name) {
    required.push_back("Command");
    properties["Command"] = {{"type", "string"}, {"const", command.name}};
  }
  for (const Param& param : command.params) {
    properties[std::string(param.name)] = SchemaOf(param);
    if (!param.numbered_entries.empty()) {
      const std::string names = "^" + std::string(param.numbered_entries) + "[0-9]+$";
      schema["patternProperties"][names] = {{"type", {"string", "number"}}};
    }
    if (IsAlwaysRequired(param)) required.push_back(param.name);
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json EmptyOf(FieldType type) {
  switch (type) {
    case FieldType::kString:
      return {{"type", "string"}};
    case FieldType::kInteger:
      return {{"type", "integer"}};
    case FieldType::kNumber:
      return {{"type", "number"}};
    case FieldType::kBoolean:
      return {{"type", "boolean"}};
    case FieldType::kObject:
      return {{"type", "object"}};
    case FieldType::kList:
      return {{"type", "array"}, {"items", Json::object()}};
    case FieldType::kAny:
      return Json::object();
  }
  return Json::object();
}

// Adds the field to the schema of the object it is in; its parents come before it in a declaration.
void AddField(Json& object, std::string_view path, const Field& field) {
  const size_t dot = path.find('.');
  if (dot == path.npos) {
    object["properties"][std::string(path)] = EmptyOf(field.type);
    object["properties"][std::string(path)]["description"] = field.help;
    if (field.always) object["required"].push_back(path);
    return;
  }
  std::string_view parent = path.substr(0, dot);
  const bool list = parent.ends_with("[]");
  if (list) parent.remove_suffix(2);
  Json& member = object["properties"][std::string(parent)];
  if (list) member["items"]["type"] = "object";
  AddField(list ? member["items"] : member, path.substr(dot + 1), field);
}

bool IsAlwaysText(const Command& command) {
  return !command.text_type.empty() && command.results.empty();
}

Json ReplySchema(const Command& command, bool legacy) {
  if (IsAlwaysText(command)) return {{"type", "string"}};
  Json schema{{"type", "object"}};
  if (legacy) {
    AddField(schema, "Success", {"", FieldType::kBoolean, "true"});
    AddField(schema, "ErrorCode", {"", FieldType::kInteger, "0"});
  }
  for (const Field& field : command.results) AddField(schema, field.path, field);
  return schema;
}

Json Body(Json schema) {
  return {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json Response(std::string_view description, Json schema) {
  return {{"description", description},
          {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

// Every status the alias may answer with, and the codes behind it.
Json AliasResponses(const Command& command) {
  Json responses{{"200", Response("Done", Ref(OperationId(command) + "_reply"))}};
  responses["200"]["content"]["application/json"]["example"] =
      ParseJson(command.example_reply).value_or(Json());
  if (!command.text_type.empty()) {
    responses["200"]["content"][std::string(command.text_type)] = {
        {"schema", {{"type", "string"}}}};
  }
  for (const ErrorEntry& error : command.errors) {
    Json& response = responses[std::to_string(HttpStatus(error.kind))];
    if (response.is_null()) response = Response("", Ref("Errors"));
    std::string text = response["description"];
    if (!text.empty()) text += "; ";
    response["description"] = text + std::to_string(error.code) + " " + std::string(error.text);
  }
  if (!responses.contains("429"))
    responses["429"] = Response("429 Too many requests", Ref("Errors"));
  if (command.envelope == Envelope::kVerdict) {
    responses["500"] = Response("Denied", {{"type", "object"}, {"maxProperties", 0}});
    responses["503"] = Response("99995 Internal error", Ref("Errors"));
    responses.erase("429");
  } else {
    responses["500"] = Response("99995 Internal error", Ref("Errors"));
  }
  return responses;
}

bool IsInPath(const Command& command, const Param& param) {
  return command.alias.path.ends_with("{" + std::string(param.name) + "}");
}

Json QueryParameters(const Command& command) {
  Json parameters = Json::array();
  for (const Param& param : command.params) {
    const bool in_path = IsInPath(command, param);
    parameters.push_back({{"name", param.name},
                          {"in", in_path ? "path" : "query"},
                          {"required", in_path || IsAlwaysRequired(param)},
                          {"description", param.help},
                          {"schema", SchemaOf(param)}});
  }
  return parameters;
}

Json AliasOperation(const Command& command) {
  Json operation{{"operationId", OperationId(command)},
                 {"tags", {command.group}},
                 {"summary", command.summary},
                 {"description", std::string(command.details) + " Also at /api.php with Command=" +
                                     std::string(command.name) + "."},
                 {"security", {{{"bearer", Json::array()}}}}};
  if (command.alias.method == "GET") {
    operation["parameters"] = QueryParameters(command);
  } else {
    operation["requestBody"] = Body(Ref(OperationId(command) + "_request"));
    operation["requestBody"]["content"]["application/json"]["example"] =
        ParseJson(command.example_request).value_or(Json());
  }
  if (command.takes_idempotency_key) {
    operation["parameters"].push_back(
        {{"name", "Idempotency-Key"},
         {"in", "header"},
         {"required", false},
         {"description", "The same text within 24 hours gives the first answer again"},
         {"schema", {{"type", "string"}, {"maxLength", 255}}}});
  }
  operation["responses"] = AliasResponses(command);
  return operation;
}

bool IsLegacyOnly(const Command& command) {
  return command.alias.path.empty();
}

Json LegacyOperation() {
  Json requests = Json::array(), mapping = Json::object(), replies = Json::array(), examples;
  for (const Command& command : All()) {
    if (!IsLegacyOnly(command)) continue;
    const std::string id = OperationId(command);
    requests.push_back(Ref(id + "_request"));
    mapping[std::string(command.name)] = "#/components/schemas/" + id + "_request";
    replies.push_back(Ref(id + "_reply"));
    Json example{{"Command", command.name}};
    example.update(ParseJson(command.example_request).value_or(Json::object()));
    examples[id] = {{"summary", command.summary}, {"value", std::move(example)}};
  }
  replies.push_back(Ref("Failure"));
  Json body =
      Body({{"oneOf", std::move(requests)},
            {"discriminator", {{"propertyName", "Command"}, {"mapping", std::move(mapping)}}}});
  body["content"]["application/json"]["examples"] = std::move(examples);
  return {
      {"operationId", "command"},
      {"tags", {"commands"}},
      {"summary", "Call a Command"},
      {"description",
       "Every Command by name. The answer is HTTP 200 with Success and ErrorCode, whatever the "
       "outcome; other statuses are for requests that never became a Command. Forms "
       "(application/x-www-form-urlencoded, multipart/form-data) and a query string are taken as "
       "well as JSON. The operations below /api/v1 are Commands too."},
      {"security",
       {{{"bearer", Json::array()}},
        {{"apiKey", Json::array()}},
        {{"session", Json::array()}},
        {{"AdminAPIKey", Json::array()}},
        Json::object()}},
      {"requestBody", std::move(body)},
      {"responses",
       {{"200", Response("The Command's answer or its failure", {{"anyOf", std::move(replies)}})},
        {"400", Response("Malformed body", Ref("Failure"))},
        {"413", Response("Body too large", Ref("Failure"))},
        {"415", Response("Unknown content type", Ref("Failure"))},
        {"429", Response("Too many requests", Ref("Failure"))},
        {"500", Response("Internal error", Ref("Failure"))},
        {"503", Response("Too busy", Ref("Failure"))}}}};
}

// A path for operators: no key, no parameters.
Json Probe(const std::string& id, std::string_view summary, std::string_view description,
           const std::string& content_type) {
  const Json schema{{"type", content_type == "text/plain" ? "string" : "object"}};
  const Json content{{content_type, {{"schema", schema}}}};
  return {{"get",
           {{"operationId", id},
            {"tags", {"operation"}},
            {"summary", summary},
            {"description", description},
            {"security", Json::array()},
            {"responses",
             {{"200", {{"description", summary}, {"content", content}}},
              {"405", {{"description", "The method is not GET"}}}}}}}};
}

void AddProbes(Json& paths) {
  paths["/healthz"] = Probe("healthz", "The process answers",
                            "For a supervisor: 200 while the daemon runs.", "text/plain");
  paths["/readyz"] = Probe("readyz", "The gateway takes mail",
                           "For a load balancer: 503, with the reason, while the disk is full, "
                           "the store cannot write, a listener is down or the daemon drains.",
                           "text/plain");
  paths["/readyz"]["get"]["responses"]["503"] = {{"description", "No mail is taken now"}};
  paths["/openapi.json"] = Probe("openapi", "This description",
                                 "OpenAPI 3.1, rendered from the catalogue.", "application/json");
}

Json Paths() {
  Json paths{{"/api.php", {{"post", LegacyOperation()}}}};
  for (const Command& command : All()) {
    if (IsLegacyOnly(command)) continue;
    std::string method(command.alias.method);
    for (char& c : method) c = char(c - 'A' + 'a');
    paths[std::string(command.alias.path)][method] = AliasOperation(command);
  }
  return paths;
}

Json SharedSchemas() {
  const Json text{{"type", "string"}};
  return {
      {"Mailbox",
       {{"type", "object"},
        {"properties",
         {{"name", {{"type", "string"}, {"maxLength", 255}}},
          {"email", {{"type", "string"}, {"maxLength", 320}}}}},
        {"required", {"email"}}}},
      {"Attachment",
       {{"type", "object"},
        {"properties",
         {{"filename", {{"type", "string"}, {"maxLength", 255}}},
          {"content", {{"type", "string"}, {"contentEncoding", "base64"}}},
          {"type",
           {{"type", "string"},
            {"description", "A media type; by default the one that the name's ending stands for"}}},
          {"disposition",
           {{"type", "string"}, {"enum", {"attachment", "inline"}}, {"default", "attachment"}}},
          {"contentid",
           {{"type", "string"},
            {"description",
             "Of an inline image, without < and >; content_id and cid mean the same"}}}}},
        {"required", {"filename", "content"}}}},
      {"Errors",
       {{"type", "object"},
        {"properties",
         {{"Errors",
           {{"type", "array"},
            {"items",
             {{"type", "object"},
              {"properties", {{"Code", {{"type", "integer"}}}, {"Message", text}}},
              {"required", {"Code", "Message"}}}}}}}},
        {"required", {"Errors"}}}},
      {"Failure",
       {{"type", "object"},
        {"description",
         "ErrorCode is a list for user.*, adddomain and addapi, with every problem found; "
         "ErrorText has the same shape"},
        {"properties",
         {{"Success", {{"type", "boolean"}, {"const", false}}},
          {"ErrorCode",
           {{"oneOf",
             {{{"type", "integer"}}, {{"type", "array"}, {"items", {{"type", "integer"}}}}}}}},
          {"ErrorText", {{"oneOf", {text, {{"type", "array"}, {"items", text}}}}}}}},
        {"required", {"Success", "ErrorCode", "ErrorText"}}}},
  };
}

Json Schemas() {
  Json schemas = SharedSchemas();
  for (const Command& command : All()) {
    const std::string id = OperationId(command);
    const bool legacy = IsLegacyOnly(command);
    if (command.alias.method != "GET") schemas[id + "_request"] = RequestSchema(command, legacy);
    schemas[id + "_reply"] = ReplySchema(command, legacy);
  }
  return schemas;
}

Json Tags() {
  Json tags = Json::array({{{"name", "commands"}, {"description", "Every Command by name"}}});
  for (const Group& group : Groups()) {
    tags.push_back({{"name", group.name}, {"description", group.title}});
  }
  return tags;
}

Json SecuritySchemes() {
  return {
      {"bearer",
       {{"type", "http"},
        {"scheme", "bearer"},
        {"description", "A sender key, user key or admin key"}}},
      {"apiKey",
       {{"type", "apiKey"},
        {"in", "query"},
        {"name", "APIKey"},
        {"description", "A user key; in the body too"}}},
      {"session",
       {{"type", "apiKey"},
        {"in", "query"},
        {"name", "SessionID"},
        {"description", "From user.login; in the body too"}}},
      {"AdminAPIKey",
       {{"type", "apiKey"},
        {"in", "query"},
        {"name", "AdminAPIKey"},
        {"description", "An admin key, at /api.php; in the body too"}}},
  };
}

}  // namespace

std::string OpenApi() {
  Json paths = Paths();
  AddProbes(paths);
  const Json document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "egd email gateway"},
        {"version", Version()},
        {"description", "Transactional email through verified sender domains."},
        {"contact", {{"name", "The operator of this gateway"}}},
        {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
      {"servers", {{{"url", "/"}}}},
      {"tags", Tags()},
      {"paths", std::move(paths)},
      {"components", {{"securitySchemes", SecuritySchemes()}, {"schemas", Schemas()}}},
  };
  return document.dump(1);
}

}  // namespace egd::catalogue
