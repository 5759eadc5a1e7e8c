// Prints the catalogue as JSON, for the functional tests that drive every Command.
#include <iostream>

#include <nlohmann/json.hpp>

#include "shared/catalogue/cli_option.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kParamTypes[] = {
    "string",       "text",       "secret",          "integer",      "boolean",
    "flag",         "day",        "timestamp",       "string_list",  "mailbox",
    "mailbox_list", "string_map", "attachment_list", "request_list", "json"};
constexpr std::string_view kFieldTypes[] = {"string", "integer", "number", "boolean",
                                            "object", "list",    "any"};
constexpr std::string_view kCallers[] = {"anyone", "user", "sender_key", "sender_key_or_user",
                                         "admin"};
constexpr std::string_view kChanges[] = {"nothing", "store", "beyond"};
constexpr std::string_view kEnvelopes[] = {"legacy", "legacy_list", "public", "verdict"};

// How egctl takes the parameter: "--domain-name"; null: not at all.
Json OptionOf(const std::vector<CliOption>& options, const Param& param) {
  for (const CliOption& option : options) {
    if (option.param == &param) return option.names[0];
  }
  return nullptr;
}

Json Params(const Command& command) {
  Json params = Json::array();
  const auto options = OptionsOf(command);
  for (const Param& param : command.params) {
    const int invalid = param.invalid_code;
    params.push_back({{"name", param.name},
                      {"type", kParamTypes[size_t(param.type)]},
                      {"option", OptionOf(options, param)},
                      {"required", param.required},
                      {"missing_code", param.missing_code},
                      {"invalid_code", invalid},
                      {"too_long_code", param.too_long_code ? param.too_long_code : invalid},
                      {"address_code", param.address_code ? param.address_code : invalid},
                      {"choices", param.choices},
                      {"minimum", param.minimum},
                      {"maximum", param.maximum},
                      {"max_length", param.max_length},
                      {"empty_is_value", param.empty_is_value}});
  }
  return params;
}

// What a refusal with each code looks like: {"2": {"status": 404, "exit": 5}}.
Json Refusals(const Command& command) {
  Json refusals = Json::object();
  const auto add = [&](int code) {
    const ErrorKind kind = command.FindError(code)->kind;
    refusals[std::to_string(code)] = {{"status", HttpStatus(kind)}, {"exit", ExitCode(kind)}};
  };
  for (const int code : {kCodeMalformed, kCodeUnauthenticated, kCodeForbidden}) add(code);
  for (const ErrorEntry& error : command.errors) add(error.code);
  return refusals;
}

Json Describe(const Command& command) {
  Json fields = Json::array(), errors = Json::array();
  for (const Field& field : command.results) {
    fields.push_back({{"path", field.path},
                      {"type", kFieldTypes[size_t(field.type)]},
                      {"always", field.always}});
  }
  for (const ErrorEntry& error : command.errors) errors.push_back(error.code);
  return {{"name", command.name},
          {"changes", kChanges[size_t(command.changes)]},
          {"method", command.alias.method},
          {"path", command.alias.path},
          {"caller", kCallers[size_t(command.caller)]},
          {"envelope", kEnvelopes[size_t(command.envelope)]},
          {"params", Params(command)},
          {"fields", fields},
          {"text_type", command.text_type},
          {"errors", errors},
          {"refusals", Refusals(command)},
          {"example", Json::parse(command.example_request)},
          {"example_cli", command.example_cli}};
}

}  // namespace
}  // namespace egd::catalogue

int main() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& command : egd::catalogue::All())
    all.push_back(egd::catalogue::Describe(command));
  std::cout << all.dump(1) << "\n";
}
