#include "cli/view/view.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/view/sections.h"
#include "cli/view/text.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Condition;
using catalogue::Shape;
using catalogue::View;
using Json = nlohmann::ordered_json;

std::string TextAt(const Json& body, std::string_view path) {
  const Json& value = At(body, path);
  if (value.is_string()) return Printable(value.get<std::string>());
  return value.is_null() || value.is_structured() ? "" : value.dump();
}

bool IsValue(const Json& body, std::string_view path, std::string_view value) {
  const size_t list = path.find("[].");
  if (list == path.npos) return TextAt(body, path) == value;
  const std::string_view below = path.substr(list + 3);
  const Json& elements = At(body, path.substr(0, list));
  return elements.is_array() && std::ranges::any_of(elements, [&](const Json& element) {
           return TextAt(element, below) == value;
         });
}

bool Holds(const Condition& when, const Json& body) {
  return when.path.empty() || IsValue(body, when.path, when.value) == when.is;
}

// Fit to be pasted into a shell, whatever the gateway says.
std::string ShellWord(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@:/+,=";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

// The text with the values it names in braces.
std::string Filled(std::string_view text, const Json& body) {
  std::string filled;
  while (true) {
    const size_t open = text.find('{'), close = text.find('}', open);
    if (close == text.npos) return filled + std::string(text);
    filled += text.substr(0, open);
    filled += ShellWord(TextAt(body, text.substr(open + 1, close - open - 1)));
    text.remove_prefix(close + 1);
  }
}

std::string Paragraph(const Page& page, const std::string& text, Tone tone) {
  std::string lines;
  for (const std::string& line : WrapText(text, page.width))
    lines += page.Painted(line, tone) + "\n";
  return lines;
}

// Cells on as few lines as they need.
std::string Flow(const Page& page, const std::vector<Cell>& cells) {
  std::string text;
  size_t column = 0;
  for (const Cell& cell : cells) {
    const size_t width = DisplayWidth(cell.text);
    if (column > 0 && (page.width < column + 2 || page.width - column - 2 < width)) {
      text += "\n";
      column = 0;
    }
    if (column > 0) text += "  ";
    text += page.Painted(CutMiddle(page, cell.text, page.width), cell.tone);
    column += (column > 0 ? 2 : 0) + width;
  }
  return text.empty() ? "" : text + "\n";
}

std::string Headline(const Page& page, const ViewSection& section, const Json& part) {
  std::vector<Cell> cells;
  for (const ViewField& field : section.fields) {
    Cell cell = FieldCell(page, part, field);
    if (cell.text.empty()) continue;
    if (!field.title.empty()) cell.text = std::string(field.title) + " " + cell.text;
    if (cells.empty() && cell.tone == Tone::kPlain) cell.tone = Tone::kStrong;
    cells.push_back(std::move(cell));
  }
  return Flow(page, cells);
}

std::string Blocks(const Page& page, const ViewSection& section, const Json& list) {
  std::string text;
  const auto split = section.fields.begin() + std::min<long>(2, long(section.fields.size()));
  for (const Json& element : list) {
    const std::string heading = Headline(
        page, {.shape = Shape::kHeadline, .fields = {section.fields.begin(), split}}, element);
    text += (text.empty() ? "" : "\n") + heading +
            DrawPairs(page, FieldPairs(page, element, {split, section.fields.end()}), 2);
  }
  return text;
}

std::string Secret(const Page& page, const ViewSection& section, const Json& value) {
  if (!value.is_string()) return "";
  std::string text;
  for (const std::string& line : WrapText(Printable(value.get<std::string>()), page.width)) {
    text += page.Painted(line, Tone::kStrong) + "\n";
  }
  return text + Paragraph(page, std::string(section.text), Tone::kWarning);
}

std::string Body(const Page& page, const ViewSection& section, const Json& body) {
  const Json& part = At(body, section.path);
  const bool is_list = part.is_array() || !section.key_title.empty();
  if (is_list && IsEmpty(part)) {
    return section.text.empty() ? "" : Paragraph(page, std::string(section.text), Tone::kFaint);
  }
  switch (section.shape) {
    case Shape::kHeadline:
      return Headline(page, section, part);
    case Shape::kValues:
      return DrawPairs(page, FieldPairs(page, part, section.fields));
    case Shape::kTable:
      return DrawTable(page, section, part);
    case Shape::kBlocks:
      return Blocks(page, section, part);
    case Shape::kRecords:
      return DrawRecords(page, part);
    case Shape::kTimeline:
      return DrawTimeline(page, section, part);
    case Shape::kComparison:
      return DrawComparison(page, section, part, At(body, section.compared));
    case Shape::kSecret:
      return Secret(page, section, part);
    case Shape::kAdvice:
      return Paragraph(page, Filled(section.text, body), Tone::kPlain);
  }
  return {};
}

// When the records were looked up, the first of them.
std::string CheckedWords(const Page& page, const Json& records) {
  std::optional<UnixMillis> oldest;
  for (const Json& record : records) {
    const auto at = TimeOf("LastCheckedAt", At(record, "LastCheckedAt"));
    if (at && (!oldest || *at < *oldest)) oldest = at;
  }
  return oldest ? ", checked " + AgeWords(*oldest, page.now) : "";
}

// "Events (50 of 150)", where the answer says how many there are beside those that are listed; "DNS
// records: 3 of 5 pass, checked 5 min ago".
std::string Title(const Page& page, const ViewSection& section, const Json& body) {
  const Json& list = At(body, section.path);
  const Json& total = At(body, "TotalRecords");
  const std::string title(section.title);
  if (title.empty() || !list.is_array()) return title;
  if (section.shape == Shape::kRecords) {
    const auto passing = std::ranges::count_if(
        list, [](const Json& record) { return TextAt(record, "Status") == "pass"; });
    return title + ": " + std::to_string(passing) + " of " + std::to_string(list.size()) + " pass" +
           CheckedWords(page, list);
  }
  const bool is_part = section.path.find('.') == std::string_view::npos &&
                       total.is_number_integer() && total.get<int64_t>() > int64_t(list.size());
  return is_part ? title + " (" + std::to_string(list.size()) + " of " + total.dump() + ")" : title;
}

bool IsAdvice(const ViewSection& section) {
  return section.shape == Shape::kAdvice;
}

std::string Finished(const Page& page, std::string text) {
  text = Fold(text, page.width);
  if (page.shortened) {
    text += "\n" + Fold(page.Painted("Some is shortened; --wide shows all.", Tone::kFaint) + "\n",
                        page.width);
  }
  return text;
}

}  // namespace

std::string DrawView(const Page& page, const View& view, const Json& body) {
  std::string text;
  bool after_advice = false;
  for (const ViewSection& section : view) {
    if (!Holds(section.when, body)) continue;
    const std::string drawn = Body(page, section, body);
    if (drawn.empty()) continue;
    const std::string title = Title(page, section, body);
    const bool continues = section.shape == Shape::kValues && title.empty();
    if (!text.empty() && !continues && !(IsAdvice(section) && after_advice)) text += "\n";
    if (!title.empty()) text += Paragraph(page, title, Tone::kStrong);
    text += drawn;
    after_advice = IsAdvice(section);
  }
  return text;
}

std::string DrawAnswer(const Page& page, const catalogue::Command& command, const Json& body) {
  if (!body.is_object())
    return Finished(page, CutEnd(page, Printable(body.dump()), page.width) + "\n");
  const View* view = catalogue::ViewOf(command);
  return Finished(page, view ? DrawView(page, *view, body) : DrawByNames(page, command, body));
}

}  // namespace egd::cli
