// The declarations themselves: complete, consistent, and found under every spelling of their names.
#include "shared/catalogue/command.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shared/catalogue/arguments.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/json_text.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

// What the path leads to: the first element stands for a list's. Null when absent.
Json At(Json value, std::string_view path) {
  while (!path.empty()) {
    const size_t end = std::min(path.find_first_of(".["), path.size());
    const std::string key(path.substr(0, end));
    if (!value.is_object() || !value.contains(key)) return {};
    value = Json(value[key]);
    path.remove_prefix(end);
    if (path.starts_with("[]")) {
      path.remove_prefix(2);
      if (!value.is_array() || value.empty()) return {};
      value = Json(value[0]);
    }
    if (path.starts_with(".")) path.remove_prefix(1);
  }
  return value;
}

bool IsOf(FieldType type, const Json& value) {
  switch (type) {
    case FieldType::kString:
      return value.is_string();
    case FieldType::kInteger:
      return value.is_number_integer();
    case FieldType::kNumber:
      return value.is_number();
    case FieldType::kBoolean:
      return value.is_boolean();
    case FieldType::kObject:
      return value.is_object();
    case FieldType::kList:
      return value.is_array();
    case FieldType::kAny:
      return true;
  }
  return false;
}

// An empty list in an example has no element to look at.
bool HasEmptyListAbove(const Json& reply, std::string_view path) {
  for (size_t at = path.find("[]"); at != path.npos; at = path.find("[]", at + 2)) {
    if (At(reply, path.substr(0, at)) == Json::array()) return true;
  }
  return false;
}

void CollectPaths(const Json& value, const std::string& path, std::set<std::string>& paths) {
  if (!path.empty()) paths.insert(path);
  if (value.is_array() && !value.empty()) CollectPaths(value[0], path + "[]", paths);
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    CollectPaths(member, path.empty() ? key : path + "." + key, paths);
  }
}

// Inside an object whose keys are data, so that the catalogue declares none: tags, days, hosts.
bool HasFreeKeyAbove(const Command& command, std::string_view path) {
  const auto declares_below = [&](const std::string& parent) {
    return std::ranges::any_of(command.results,
                               [&](const Field& f) { return f.path.starts_with(parent + "."); });
  };
  return std::ranges::any_of(command.results, [&](const Field& f) {
    return f.type == FieldType::kObject && path.starts_with(f.path + ".") &&
           !declares_below(f.path);
  });
}

}  // namespace

TEST_CASE("a Command is found whatever the case of its name") {
  CHECK(Find("EmailGateway.AddDomain") == Find("emailgateway.adddomain"));
  CHECK(Find("emailgateway.adddomain") == FindCli("ADDDOMAIN"));
  CHECK(FindCli("user.create") == Find("user.create"));
  CHECK(Find("adddomain") == nullptr);
  CHECK(Find("") == nullptr);
  CHECK(Find("emailgateway.") == nullptr);
}

TEST_CASE("Commands are listed by ascending name, each once") {
  const auto& all = All();
  CHECK(all.size() >= 22);
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](const Command& a, const Command& b) { return a.name < b.name; }));
  for (size_t i = 1; i < all.size(); ++i) CHECK(all[i - 1].name != all[i].name);
}

TEST_CASE("generic codes are valid for every Command, its own come first") {
  const Command& command = *Find("emailgateway.getdomain");
  CHECK(command.FindError(kCodeForbidden)->kind == ErrorKind::kForbidden);
  CHECK(command.FindError(kCodeTooManyRequests)->kind == ErrorKind::kRateLimited);
  CHECK(command.FindError(2)->kind == ErrorKind::kNotFound);
  CHECK(command.FindError(77) == nullptr);
  CHECK(Find("emailgateway.sendemail")->FindError(429)->text == "Email send rate limit exceeded");
}

TEST_CASE("every Command is completely declared") {
  for (const Command& command : All()) {
    INFO(command.name);
    CHECK(!command.summary.empty());
    CHECK(command.summary.back() != '.');
    CHECK(!command.details.empty());
    CHECK(!command.group.empty());
    CHECK(command.example_cli.starts_with("egctl " + std::string(command.CliName())));
    for (const Param& param : command.params) {
      INFO(param.name);
      CHECK(!param.help.empty());
      if (param.required) CHECK(command.FindError(param.missing_code) != nullptr);
      CHECK(command.FindError(param.invalid_code) != nullptr);
      if (param.too_long_code) CHECK(command.FindError(param.too_long_code) != nullptr);
      if (param.address_code) CHECK(command.FindError(param.address_code) != nullptr);
      CHECK(command.Find(param.name) == &param);
    }
    for (const Field& field : command.results) CHECK(!field.help.empty());
    CHECK(std::is_sorted(command.errors.begin(), command.errors.end(),
                         [](const auto& a, const auto& b) { return a.code < b.code; }));
  }
}

// An entry of a map that is given as a parameter of its own: CustomField1.
bool IsNumberedEntry(const Command& command, const std::string& key) {
  return std::ranges::any_of(command.params, [&](const Param& param) {
    return !param.numbered_entries.empty() && key.starts_with(param.numbered_entries);
  });
}

TEST_CASE("every example request is accepted by the parser and holds declared parameters only") {
  for (const Command& command : All()) {
    INFO(command.name);
    const auto request = ParseJson(command.example_request);
    REQUIRE(request);
    for (const auto& [key, value] : request->items()) {
      if (IsNumberedEntry(command, key)) continue;
      REQUIRE(command.Find(key));
      CHECK(command.Find(key)->name == key);
    }
    CHECK(std::holds_alternative<Arguments>(ParseArguments(command, *request)));
  }
}

TEST_CASE("every example reply has the declared fields and no others") {
  for (const Command& command : All()) {
    if (!command.text_type.empty() && command.results.empty()) continue;
    INFO(command.name);
    const auto reply = ParseJson(command.example_reply);
    REQUIRE(reply);
    std::set<std::string> declared, shown;
    for (const Field& field : command.results) {
      INFO(field.path);
      declared.insert(field.path);
      if (!field.always || HasEmptyListAbove(*reply, field.path)) continue;
      const Json value = At(*reply, field.path);
      CHECK(!value.is_null());
      CHECK(IsOf(field.type, value));
    }
    CollectPaths(*reply, "", shown);
    for (const auto& path : shown) {
      if (path.ends_with("[]") || HasFreeKeyAbove(command, path)) continue;
      INFO(path);
      CHECK(declared.count(path) == 1);
    }
  }
}

TEST_CASE("a Command names a cause once") {
  for (const Command& command : All()) {
    CAPTURE(command.name);
    std::set<Cause> causes;
    for (const ErrorEntry& error : command.errors) {
      CHECK((error.cause == Cause::kCheckedBefore || causes.insert(error.cause).second));
    }
  }
}

TEST_CASE("what egctl does with a Command is declared with what it needs") {
  for (const Command& command : All()) {
    CAPTURE(command.name);
    CHECK((command.cli_use == CliUse::kCall) == command.example_cli_use.empty());
    CHECK((command.cli_use == CliUse::kCall) == (AdditionTo(command) == nullptr));
    CHECK((command.cli_use == CliUse::kImport) == (ImportedParam(command) != nullptr));
  }
}

}  // namespace egd::catalogue
