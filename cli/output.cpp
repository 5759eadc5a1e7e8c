#include "cli/output.h"

#include <nlohmann/json.hpp>

#include "cli/view/view.h"
#include "shared/base/escape.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

struct FormatName {
  std::string_view name;
  Format format;
};
constexpr FormatName kFormats[] = {{"table", Format::kTable},
                                   {"json", Format::kJson},
                                   {"yaml", Format::kYaml},
                                   {"csv", Format::kCsv},
                                   {"raw", Format::kRaw}};

// Adds what is at `path` below `value`; false when something on the way is not there.
bool Collect(const Json& value, std::string_view path, std::vector<std::string>& found) {
  if (path.empty()) {
    found.push_back(value.is_string() ? value.get<std::string>() : RenderJson(value, -1));
    return true;
  }
  if (value.is_array() && path.starts_with('[')) {
    const size_t close = path.find(']');
    if (close == path.npos) return false;
    std::string_view rest = path.substr(close + 1);
    if (rest.starts_with('.')) rest.remove_prefix(1);
    if (close == 1) {
      for (const Json& element : value) {
        if (!Collect(element, rest, found)) return false;
      }
      return true;
    }
    const auto index = ParseInteger(path.substr(1, close - 1));
    if (!index || *index < 0 || size_t(*index) >= value.size()) return false;
    return Collect(value[size_t(*index)], rest, found);
  }
  if (!value.is_object()) return false;
  if (const auto whole = value.find(std::string(path)); whole != value.end()) {
    return Collect(*whole, {}, found);  // a key may hold dots: a host's name
  }
  const size_t end = std::min(path.find_first_of(".["), path.size());
  const auto member = value.find(std::string(path.substr(0, end)));
  if (member == value.end()) return false;
  path.remove_prefix(end);
  if (path.starts_with('.')) path.remove_prefix(1);
  return Collect(*member, path, found);
}

}  // namespace

std::optional<Format> ParseFormat(std::string_view name) {
  for (const FormatName& row : kFormats) {
    if (EqualsIgnoreCase(row.name, name)) return row.format;
  }
  return std::nullopt;
}

std::string Render(Format format, const catalogue::Command& command, const Json& body,
                   const Page& page) {
  switch (format) {
    case Format::kTable:
      return DrawAnswer(page, command, body);
    case Format::kYaml:
      return RenderYaml(body);
    case Format::kCsv:
      return RenderCsv(body);
    case Format::kJson:
    case Format::kRaw:
      return RenderJson(body, 2) + "\n";
  }
  return {};
}

std::optional<std::string> RenderField(const Json& body, std::string_view path) {
  std::vector<std::string> found;
  if (path.empty() || !Collect(body, path, found)) return std::nullopt;
  return Join(found, "\n");
}

std::string RenderJson(const Json& value, int indent) {
  const std::string json = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string safe;
  safe.reserve(json.size());
  for (size_t i = 0; i < json.size(); ++i) {
    const auto byte = uint8_t(json[i]);
    if (LayoutLength(std::string_view(json).substr(i)) > 0) {
      // U+2028 is e2 80 a8: the low six bits of the last two bytes are the character's last twelve.
      const auto code = uint16_t(0x2000 | ((json[i + 1] & 0x3f) << 6) | (json[i + 2] & 0x3f));
      safe += "\\u";
      for (const int shift : {12, 8, 4, 0}) safe += kDigits[(code >> shift) & 15];
      i += 2;
      continue;
    }
    const bool c1 = byte == 0xc2 && i + 1 < json.size() && uint8_t(json[i + 1]) < 0xa0;
    if (byte != 0x7f && !c1) {
      safe += json[i];
      continue;
    }
    const auto code = c1 ? uint8_t(json[++i]) : byte;
    safe += "\\u00";
    safe += kDigits[code >> 4];
    safe += kDigits[code & 15];
  }
  return safe;
}

}  // namespace egd::cli
