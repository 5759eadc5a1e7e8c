#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

// Nested objects as dotted names; lists stay what they are.
void Flatten(const Json& object, const std::string& prefix, Json& flat) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object()) {
      Flatten(value, path, flat);
    } else {
      flat[path] = value;
    }
  }
}

std::string Cell(const Json& value) {
  if (value.is_null()) return "";
  const std::string text =
      Printable(value.is_string() ? value.get<std::string>() : RenderJson(value, -1));
  if (text.find_first_of(",\"") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

Json RowsOf(const Json& body) {
  for (const Json& member : body) {
    if (member.is_array() && !member.empty() && member[0].is_object()) return member;
  }
  return Json::array({body});
}

}  // namespace

std::string RenderCsv(const Json& body) {
  std::vector<Json> rows;
  std::vector<std::string> columns;
  for (const Json& element : RowsOf(body)) {
    Json flat = Json::object();
    Flatten(element, "", flat);
    for (const auto& [key, value] : flat.items()) {
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
    rows.push_back(std::move(flat));
  }
  const auto line = [&](auto cell) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) cells.push_back(cell(column));
    return Join(cells, ",") + "\n";
  };
  std::string csv = line([](const std::string& column) { return Cell(column); });
  for (const Json& row : rows) {
    csv += line([&](const std::string& column) { return Cell(row.value(column, Json())); });
  }
  return csv;
}

}  // namespace egd::cli
