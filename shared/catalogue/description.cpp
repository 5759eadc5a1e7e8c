#include "shared/catalogue/description.h"

#include <nlohmann/json.hpp>

#include "shared/catalogue/exit_status.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

std::string_view Name(ParamType type) {
  switch (type) {
    case ParamType::kString:
      return "string";
    case ParamType::kText:
      return "text";
    case ParamType::kSecret:
      return "secret";
    case ParamType::kInteger:
      return "integer";
    case ParamType::kBoolean:
      return "boolean";
    case ParamType::kFlag:
      return "flag";
    case ParamType::kDay:
      return "day";
    case ParamType::kTimestamp:
      return "timestamp";
    case ParamType::kStringList:
      return "string_list";
    case ParamType::kMailbox:
      return "mailbox";
    case ParamType::kMailboxList:
      return "mailbox_list";
    case ParamType::kStringMap:
      return "string_map";
    case ParamType::kAttachmentList:
      return "attachment_list";
    case ParamType::kRequestList:
      return "request_list";
    case ParamType::kJson:
      return "json";
  }
  return {};
}

std::string_view Name(FieldType type) {
  switch (type) {
    case FieldType::kString:
      return "string";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kNumber:
      return "number";
    case FieldType::kBoolean:
      return "boolean";
    case FieldType::kObject:
      return "object";
    case FieldType::kList:
      return "list";
    case FieldType::kAny:
      return "any";
  }
  return {};
}

std::string_view Name(Caller caller) {
  switch (caller) {
    case Caller::kAnyone:
      return "anyone";
    case Caller::kUser:
      return "user";
    case Caller::kSenderKey:
      return "sender_key";
    case Caller::kSenderKeyOrUser:
      return "sender_key_or_user";
    case Caller::kAdmin:
      return "admin";
  }
  return {};
}

Json OptionJson(const CliOption& option) {
  Json json{{"Names", option.names}, {"Value", option.placeholder}, {"Help", option.help}};
  if (!option.choices.empty()) json["Choices"] = option.choices;
  if (option.repeatable) json["Repeatable"] = true;
  return json;
}

Json OptionsJson(const std::vector<CliOption>& options) {
  Json list = Json::array();
  for (const CliOption& option : options) list.push_back(OptionJson(option));
  return list;
}

Json ParamJson(const Param& param) {
  Json json{{"Name", param.name},
            {"Type", Name(param.type)},
            {"Required", param.required},
            {"Help", param.help}};
  if (!param.required_unless.empty()) json["RequiredUnless"] = param.required_unless;
  if (!param.default_text.empty()) json["Default"] = param.default_text;
  if (!param.choices.empty()) json["Choices"] = param.choices;
  if (param.minimum != INT64_MIN) json["Minimum"] = param.minimum;
  if (param.maximum != INT64_MAX) json["Maximum"] = param.maximum;
  json["MaxLength"] = param.max_length;
  return json;
}

Json CommandJson(const Command& command) {
  Json params = Json::array(), answer = Json::array(), errors = Json::array();
  for (const Param& param : command.params) params.push_back(ParamJson(param));
  for (const Field& field : command.results) {
    answer.push_back({{"Path", field.path},
                      {"Type", Name(field.type)},
                      {"Always", field.always},
                      {"Help", field.help}});
  }
  for (const ErrorEntry& error : command.errors) {
    errors.push_back({{"Code", error.code},
                      {"Text", error.text},
                      {"HTTPStatus", HttpStatus(error.kind)},
                      {"ExitStatus", ExitCode(error.kind)}});
  }
  Json json{{"Name", command.name},
            {"Egctl", command.CliName()},
            {"Group", command.group},
            {"Summary", command.summary},
            {"Details", command.details},
            {"Caller", Name(command.caller)},
            {"Permission", command.permission},
            {"Method", command.alias.method},
            {"Path", command.alias.path},
            {"Parameters", std::move(params)},
            {"Options", OptionsJson(OptionsOf(command))},
            {"Answer", std::move(answer)},
            {"AnswerType",
             command.text_type.empty() ? std::string_view("application/json") : command.text_type},
            {"Errors", std::move(errors)}};
  json["ExampleRequest"] = Json::parse(command.example_request, nullptr, false);
  json["ExampleEgctl"] = command.example_cli;
  return json;
}

}  // namespace

Json Description() {
  Json commands = Json::array(), own = Json::array(), statuses = Json::array();
  for (const Command& command : All()) commands.push_back(CommandJson(command));
  for (const OwnCommand& command : OwnCommands()) {
    own.push_back({{"Egctl", command.name},
                   {"Group", command.group},
                   {"Summary", command.summary},
                   {"Argument", command.argument},
                   {"Options", OptionsJson(command.options)},
                   {"ExampleEgctl", command.example}});
  }
  for (const ExitStatus& status : kExitStatuses) {
    statuses.push_back({{"ExitStatus", status.code}, {"Meaning", status.meaning}});
  }
  return {{"Commands", std::move(commands)},
          {"EgctlCommands", std::move(own)},
          {"GlobalOptions", OptionsJson(GlobalOptions())},
          {"ExitStatuses", std::move(statuses)}};
}

}  // namespace egd::catalogue
