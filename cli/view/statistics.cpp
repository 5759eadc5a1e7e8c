// kComparison: figures of a period beside those of the one before.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/view/sections.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBarWidth = 20;

double NumberAt(const Json& value, std::string_view path) {
  const Json& number = At(value, path);
  return number.is_number() ? number.get<double>() : 0;
}

std::string PercentText(double part, double whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", whole > 0 ? 100 * part / whole : 0.0);
  return text;
}

std::string ChangeText(double now, double before) {
  if (before <= 0) return now > 0 ? "new" : "";
  char text[32];
  std::snprintf(text, sizeof text, "%+.0f %%", 100 * (now - before) / before);
  return text;
}

Cell Number(std::string text, Tone tone = Tone::kPlain) {
  return {.text = std::move(text), .tone = tone, .is_number = true};
}

GridRow RowOf(const Page& page, const ViewField& field, const Json& now, const Json& before) {
  const double count = NumberAt(now, field.path), past = NumberAt(before, field.path);
  const double whole = NumberAt(now, field.of), past_whole = NumberAt(before, field.of);
  const bool has_share = !field.of.empty() && whole > 0;
  GridRow row;
  row.cells = {{.text = TitleOf(field), .is_whole = true},
               FieldCell(page, now, field),
               Number(has_share ? PercentText(count, whole) : ""),
               FieldCell(page, before, field),
               Number(!field.of.empty() && past_whole > 0 ? PercentText(past, past_whole) : ""),
               Number(ChangeText(count, past), Tone::kFaint),
               {.text = has_share ? Bar(page, count / whole, kBarWidth) : "", .is_whole = true}};
  return row;
}

}  // namespace

std::string DrawComparison(const Page& page, const ViewSection& section, const Json& now,
                           const Json& before) {
  Grid grid{.titles = {"", "Now", "", "Before", "", "Change", ""}, .rows = {}};
  for (const ViewField& field : section.fields) {
    const bool is_zero = NumberAt(now, field.path) == 0 && NumberAt(before, field.path) == 0;
    if (is_zero && !grid.rows.empty()) continue;
    grid.rows.push_back(RowOf(page, field, now, before));
  }
  if (!Fits(page, grid)) {  // the bar says what the figures say
    grid.titles.pop_back();
    for (GridRow& row : grid.rows) row.cells.pop_back();
  }
  return DrawGrid(page, std::move(grid));
}

}  // namespace egd::cli
