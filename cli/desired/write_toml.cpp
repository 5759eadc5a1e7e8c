#include <nlohmann/json.hpp>

#include "cli/desired/document.h"
#include "cli/output.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsListOfTables(const Json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}
bool IsTable(const Json& value) {
  return value.is_object() || IsListOfTables(value);
}

// A JSON text is TOML's basic string; one of several lines is easier to read as such.
std::string Text(const Json& value) {
  const std::string json = RenderJson(value, -1);
  if (json.find("\\n") == json.npos) return json;
  std::string lines = "\"\"\"\n";
  for (size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') {
      lines += json[i];
    } else if (json[++i] == 'n') {
      lines += '\n';
    } else {
      lines += '\\';
      lines += json[i];
    }
  }
  return lines + "\"\"\"";
}

void Append(const Json& table, const std::string& path, std::string& toml) {
  for (const auto& [key, value] : table.items()) {
    if (IsTable(value)) continue;
    toml += key + " = " + (value.is_string() ? Text(value) : RenderJson(value, -1)) + "\n";
  }
  for (const auto& [key, value] : table.items()) {
    if (!IsTable(value)) continue;
    const std::string below = path.empty() ? key : path + "." + key;
    if (value.is_object()) {
      toml += "\n[" + below + "]\n";
      Append(value, below, toml);
      continue;
    }
    for (const Json& element : value) {
      toml += "\n[[" + below + "]]\n";
      Append(element, below, toml);
    }
  }
}

}  // namespace

std::string RenderToml(const Json& document) {
  std::string toml;
  Append(document, "", toml);
  return toml;
}

}  // namespace egd::cli
