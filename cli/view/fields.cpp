// Values by the fields that a section names.
#include <algorithm>

#include "cli/output.h"
#include "cli/view/sections.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Look;
using Json = nlohmann::ordered_json;

std::string_view KeyOf(std::string_view path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
}

Look LookOf(const ViewField& field) {
  return field.look == Look::kByName ? catalogue::LookOf(KeyOf(field.path)) : field.look;
}

const Json& ValueOf(const Json& parent, const ViewField& field) {
  const Json& value = At(parent, field.path);
  return IsEmpty(value) && !field.instead.empty() ? At(parent, field.instead) : value;
}

void AddLines(const std::string& text, std::vector<std::string>& lines) {
  for (std::string_view line : Split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(Printable(line));
  }
}

bool HasSeveralLines(const Json& value) {
  if (value.is_string())
    return Trim(value.get_ref<const std::string&>()).find('\n') != std::string::npos;
  if (!value.is_array() || value.size() < 2) return false;
  for (const Json& element : value) {
    const bool is_sentence =
        element.is_string() && element.get_ref<const std::string&>().find(' ') != std::string::npos;
    if (is_sentence) return true;
  }
  return false;
}

std::vector<std::string> LinesOf(const Json& value) {
  std::vector<std::string> lines;
  if (value.is_string()) AddLines(std::string(Trim(value.get_ref<const std::string&>())), lines);
  if (!value.is_array()) return lines;
  for (const Json& element : value) {
    AddLines(element.is_string() ? element.get<std::string>() : RenderJson(element, -1), lines);
  }
  return lines;
}

}  // namespace

std::string TitleOf(const ViewField& field) {
  return field.title.empty() ? catalogue::TitleOf(KeyOf(field.path)) : std::string(field.title);
}

Cell FieldCell(const Page& page, const Json& parent, const ViewField& field, bool compact) {
  return CellOf(page, LookOf(field), KeyOf(field.path), ValueOf(parent, field), compact);
}

Pair ValuePair(const Page& page, std::string title, Look look, std::string_view key,
               const Json& value) {
  Pair pair{.title = std::move(title), .value = CellOf(page, look, key, value)};
  if (HasSeveralLines(value)) pair.lines = LinesOf(value);
  return pair;
}

std::vector<Pair> FieldPairs(const Page& page, const Json& parent,
                             const std::vector<ViewField>& fields) {
  std::vector<Pair> pairs;
  std::vector<UnixMillis> times;  // a second one that is the same says nothing
  for (const ViewField& field : fields) {
    const Json& value = ValueOf(parent, field);
    if (IsEmpty(value)) continue;
    if (const auto at = TimeOf(KeyOf(field.path), value)) {
      if (std::ranges::count(times, *at) > 0) continue;
      times.push_back(*at);
    }
    pairs.push_back(ValuePair(page, TitleOf(field), LookOf(field), KeyOf(field.path), value));
  }
  return pairs;
}

}  // namespace egd::cli
