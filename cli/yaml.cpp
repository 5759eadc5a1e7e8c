#include <nlohmann/json.hpp>

#include "cli/output.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

// A key that YAML cannot take for anything else stays bare.
std::string Key(const std::string& key) {
  const bool plain =
      !key.empty() &&
      key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
          key.npos;
  const bool letter = plain && !(key[0] >= '0' && key[0] <= '9');
  const bool word = key == "y" || key == "n" || key == "yes" || key == "no" || key == "on" ||
                    key == "off" || key == "true" || key == "false" || key == "null";
  return letter && !word ? key : RenderJson(key, -1);
}

void Append(const Json& value, size_t indent, std::string& yaml);

// The value behind "key:" or "-": on the same line when it is single or empty.
void AppendNested(const Json& value, size_t indent, std::string& yaml) {
  if (!value.is_structured() || value.empty()) {
    yaml += " " + RenderJson(value, -1) + "\n";
    return;
  }
  yaml += "\n";
  Append(value, indent, yaml);
}

void Append(const Json& value, size_t indent, std::string& yaml) {
  const std::string margin(indent, ' ');
  if (value.is_array()) {
    for (const Json& element : value) {
      yaml += margin + "-";
      AppendNested(element, indent + 2, yaml);
    }
    return;
  }
  for (const auto& [key, member] : value.items()) {
    yaml += margin + Key(key) + ":";
    AppendNested(member, indent + 2, yaml);
  }
}

}  // namespace

std::string RenderYaml(const Json& body) {
  if (!body.is_structured() || body.empty()) return RenderJson(body, -1) + "\n";
  std::string yaml;
  Append(body, 0, yaml);
  return yaml;
}

}  // namespace egd::cli
