#include "shared/base/csv.h"

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

// A number is never a formula, not even a negative one.
std::string Cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_number()) return RenderJson(value, -1);
  return CsvField(Printable(value.is_string() ? value.get<std::string>() : RenderJson(value, -1)));
}

// `flat`: null for the heading.
std::string Line(const std::vector<std::string>& columns, const Json* flat) {
  std::vector<std::string> cells;
  for (const std::string& column : columns) {
    cells.push_back(Cell(flat ? flat->value(column, Json()) : Json(column)));
  }
  return Join(cells, ",") + "\n";
}

Json RowsOf(const Json& body) {
  if (body.is_array()) return body;
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
  std::string csv = Line(columns, nullptr);
  for (const Json& row : rows) csv += Line(columns, &row);
  return csv;
}

std::string RenderCsvLine(const std::vector<std::string>& columns, const Json* element) {
  if (!element) return Line(columns, nullptr);
  Json flat = Json::object();
  Flatten(*element, "", flat);
  return Line(columns, &flat);
}

}  // namespace egd::cli
