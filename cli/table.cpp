// The form for people: names beside values, then each list as a table, then DNS records as an
// operator copies them.
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "shared/base/clock.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

bool IsListOfObjects(const Json& value) {
  return value.is_array() && !value.empty() && value[0].is_object();
}

// Code points, which is what most characters take on a terminal.
size_t Width(std::string_view text) {
  return size_t(
      std::count_if(text.begin(), text.end(), [](char c) { return (uint8_t(c) & 0xc0) != 0x80; }));
}

std::string Padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, Width(text)), ' ');
}

// One line, whatever the value.
std::string Cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return Printable(value.get_ref<const std::string&>());
  if (!value.is_array() || IsListOfObjects(value)) return Printable(RenderJson(value, -1));
  std::vector<std::string> parts;
  for (const Json& element : value) parts.push_back(Cell(element));
  return Join(parts, ", ");
}

// `path` as the catalogue declares it: "Events[].timestamp".
bool IsUnixTime(const Command& command, const std::string& path) {
  return std::any_of(
      command.results.begin(), command.results.end(),
      [&](const catalogue::Field& field) { return field.unix_time && field.path == path; });
}

std::string CellAt(const Command& command, const std::string& path, const Json& value) {
  if (!value.is_number_integer() || !IsUnixTime(command, path)) return Cell(value);
  return FormatDateTime(value.get<int64_t>() * 1000);
}

// Columns as wide as their widest cell; the last is as long as it is.
std::string Lines(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string lines;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += i + 1 < row.size() ? Padded(row[i], widths[i] + 2) : row[i];
    }
    lines += std::string(line.substr(0, line.find_last_not_of(' ') + 1)) + "\n";
  }
  return lines;
}

std::vector<std::string> ColumnsOf(const Command& command, const Json& list) {
  if (!command.columns.empty()) return {command.columns.begin(), command.columns.end()};
  std::vector<std::string> columns;
  for (const Json& element : list) {
    for (const auto& [key, value] : element.items()) {
      const bool known = std::find(columns.begin(), columns.end(), key) != columns.end();
      if (!value.is_structured() && !known) columns.push_back(key);
    }
  }
  return columns;
}

Json At(const Json& object, const std::string& dotted) {
  Json value = object;
  for (const std::string_view key : Split(dotted, '.')) {
    if (!value.is_object() || !value.contains(std::string(key))) return {};
    value = Json(value[std::string(key)]);
  }
  return value;
}

std::string Table(const Command& command, const std::string& path, const Json& list) {
  const auto columns = ColumnsOf(command, list);
  Row heading;
  for (const std::string& column : columns) {
    heading.push_back(Printable(column.substr(column.rfind('.') + 1)));
  }
  std::vector<Row> rows = {std::move(heading)};
  for (const Json& element : list) {
    Row row;
    for (const std::string& column : columns) {
      row.push_back(CellAt(command, path + "[]." + column, At(element, column)));
    }
    rows.push_back(std::move(row));
  }
  return Lines(rows);
}

std::string Colored(const std::string& verdict, bool color) {
  if (!color) return verdict;
  const std::string_view code = verdict.starts_with("pass")   ? "\x1b[32m"
                                : verdict.starts_with("fail") ? "\x1b[31m"
                                                              : "\x1b[33m";
  return std::string(code) + verdict + "\x1b[0m";
}

// Status, purpose, type and host on a line; below it the value to publish and what is wrong.
std::string DnsRecords(const Json& records, bool color) {
  constexpr size_t kStatusWidth = 11;  // "unchecked", "temperror" and a gap
  std::string text;
  for (const Json& record : records) {
    const auto cell = [&](const char* key) { return Cell(record.value(key, Json())); };
    const std::string margin = std::string(kStatusWidth, ' ');
    text += Colored(Padded(cell("Status"), kStatusWidth), color) + Padded(cell("Purpose"), 10) +
            Padded(cell("Type"), 7) + cell("Host") + "\n" + margin + cell("Value") + "\n";
    if (cell("Status") == "pass") continue;
    if (!cell("Found").empty()) text += margin + "found: " + cell("Found") + "\n";
    if (!cell("Error").empty()) text += margin + cell("Error") + "\n";
    if (record.contains("AuthoritativeValue")) {
      text += margin + "at " + cell("AuthoritativeServer") + ": " + cell("AuthoritativeValue") +
              " (resolvers may keep the old one for up to " + cell("AuthoritativeTTL") + " s)\n";
    }
  }
  return text;
}

// What a reply consists of, for printing: its single values, and its lists of objects.
struct Parts {
  std::vector<Row> values;
  std::vector<std::pair<std::string, Json>> lists;
};

void TakeApart(const Command& command, const Json& object, const std::string& prefix,
               Parts& parts) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    // The first two are in the exit status; the third says in short what DNSRecords says in full.
    if (path == "Success" || path == "ErrorCode" || path == "DNSVerificationResults") continue;
    if (path == "Warnings") continue;  // on the error stream (verify.cpp)
    if (value.is_object()) {
      TakeApart(command, value, path, parts);
    } else if (IsListOfObjects(value)) {
      parts.lists.emplace_back(path, value);
    } else {
      parts.values.push_back({Printable(path), CellAt(command, path, value)});
    }
  }
}

}  // namespace

std::string RenderTableLine(const Command& command, const std::string& path, const Json* element) {
  constexpr std::array<size_t, 4> kWidths = {21, 13, 32, 40};  // a time, an event, an address, text
  std::string line;
  for (size_t i = 0; i < command.columns.size(); ++i) {
    const std::string column(command.columns[i]);
    const std::string cell = element ? CellAt(command, path + "[]." + column, At(*element, column))
                                     : column.substr(column.rfind('.') + 1);
    if (i > 0 && !line.ends_with(' ')) line += "  ";
    line += Padded(cell, kWidths[std::min(i, kWidths.size() - 1)]);
  }
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string RenderTable(const Command& command, const Json& body, bool color) {
  Parts parts;
  TakeApart(command, body, "", parts);
  std::string text = Lines(parts.values);
  for (const auto& [path, list] : parts.lists) {
    if (!text.empty()) text += "\n";
    text += path.ends_with("DNSRecords") ? DnsRecords(list, color) : Table(command, path, list);
  }
  return text;
}

}  // namespace egd::cli
