// One line of a list that has no end: events as they happen.
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "cli/view/text.h"
#include "cli/view/value.h"
#include "cli/view/view.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kColumns = 5, kGap = 2;
using Widths = std::array<size_t, kColumns>;
constexpr Widths kWidths = {19, 11, 30, 38,
                            40};  // a time, an event, an address, a subject, a reply
constexpr size_t kFixed = 2;      // the first of them are never narrower

// The others share what the page leaves.
Widths WidthsOn(const Page& page) {
  Widths widths = kWidths;
  size_t taken = 0, wanted = 0;
  for (size_t i = 0; i < kColumns; ++i) (i < kFixed ? taken : wanted) += widths[i] + kGap;
  if (page.width >= taken + wanted) return widths;
  const size_t room = page.width > taken ? page.width - taken : 0;
  for (size_t i = kFixed; i < kColumns; ++i) {
    const size_t share = room * (widths[i] + kGap) / wanted;
    widths[i] = share > kGap ? share - kGap : 0;
  }
  return widths;
}

Cell CellAt(const Page& page, const Json& element, std::string_view column) {
  const std::string_view key = column.substr(column.rfind('.') + 1);
  if (const auto at = TimeOf(key, At(element, column))) return {.text = FormatDateTime(*at)};
  Cell cell = CellOf(page, catalogue::Look::kText, key, At(element, column));
  cell.tone = page.color ? ToneOf(cell.text) : Tone::kPlain;
  return cell;
}

}  // namespace

std::string DrawLine(const Page& page, const catalogue::Command& command, const Json* element) {
  const Widths widths = WidthsOn(page);
  std::string line, blanks;
  for (size_t i = 0; i < command.columns.size(); ++i) {
    const std::string_view column = command.columns[i];
    Cell cell = element ? CellAt(page, *element, column)
                        : Cell{.text = std::string(column.substr(column.rfind('.') + 1))};
    const size_t width = widths[std::min(i, kColumns - 1)];
    if (!page.IsWide()) cell.text = CutEnd(page, cell.text, width);
    if (!cell.text.empty()) {
      line += blanks + page.Painted(cell.text, cell.tone);
      blanks.clear();
    }
    const size_t taken = DisplayWidth(cell.text);
    blanks.append(kGap + width - std::min(width, taken), ' ');
  }
  return Fold(line + "\n", page.width);
}

}  // namespace egd::cli
