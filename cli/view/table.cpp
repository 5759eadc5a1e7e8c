// kTable: a line an element, sorted as the section says, with a bar and details below.
#include <algorithm>

#include "cli/view/sections.h"
#include "cli/view/text.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBarWidth = 24, kLeastBar = 6;

struct Element {
  std::string name;  // of a member; empty: of a list
  const Json* value;
};

std::vector<Element> ElementsOf(const Json& list) {
  std::vector<Element> elements;
  if (list.is_array()) {
    for (const Json& value : list) elements.push_back({"", &value});
  } else if (list.is_object()) {
    for (const auto& [name, value] : list.items()) elements.push_back({Printable(name), &value});
  }
  return elements;
}

// The larger, the worse.
double Badness(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return 0;
  switch (ToneOf(value.get_ref<const std::string&>())) {
    case Tone::kBad:
      return 3;
    case Tone::kWarning:
      return 2;
    case Tone::kGood:
      return 0;
    case Tone::kPlain:
    case Tone::kStrong:
    case Tone::kFaint:
      break;
  }
  return 1;
}

void SortBy(const std::vector<std::string_view>& order, std::vector<Element>& elements) {
  std::ranges::stable_sort(elements, [&](const Element& a, const Element& b) {
    for (const std::string_view path : order) {
      const double left = Badness(At(*a.value, path)), right = Badness(At(*b.value, path));
      if (left != right) return left > right;
    }
    return false;
  });
}

double NumberAt(const Json& value, std::string_view path) {
  const Json& number = At(value, path);
  return number.is_number() ? number.get<double>() : 0;
}

GridRow RowOf(const Page& page, const ViewSection& section, const Element& element, bool compact) {
  GridRow row;
  if (!section.key_title.empty()) {
    row.cells.push_back({.text = element.name, .tone = Tone::kStrong, .is_key = true});
  }
  for (const ViewField& field : section.fields) {
    row.cells.push_back(FieldCell(page, *element.value, field, compact));
  }
  row.details = FieldPairs(page, *element.value, section.details);
  return row;
}

Grid GridOf(const Page& page, const ViewSection& section, const std::vector<Element>& elements,
            bool compact) {
  Grid grid;
  if (!section.key_title.empty()) grid.titles.emplace_back(section.key_title);
  for (const ViewField& field : section.fields) grid.titles.push_back(TitleOf(field));
  for (const Element& element : elements) {
    grid.rows.push_back(RowOf(page, section, element, compact));
  }
  return grid;
}

// A last column of bars, as long as the room that is left allows.
void AddBars(const Page& page, const ViewSection& section, const std::vector<Element>& elements,
             Grid& grid) {
  size_t width = kBarWidth;
  Grid tried = grid;
  const auto fits = [&] {
    tried.titles = grid.titles;
    tried.titles.emplace_back(width, '#');
    for (GridRow& row : tried.rows) row.cells.resize(grid.titles.size() + 1);
    return Fits(page, tried);
  };
  while (width >= kLeastBar && !fits()) --width;
  if (width < kLeastBar) return;
  double most = 0;
  for (const Element& element : elements) {
    most = std::max(most, NumberAt(*element.value, section.bar));
  }
  grid.titles.emplace_back();
  for (size_t i = 0; i < elements.size(); ++i) {
    const double share = most > 0 ? NumberAt(*elements[i].value, section.bar) / most : 0;
    grid.rows[i].cells.push_back({.text = Bar(page, share, width), .is_whole = true});
  }
}

}  // namespace

std::string DrawTable(const Page& page, const ViewSection& section, const Json& list) {
  auto elements = ElementsOf(list);
  SortBy(section.order, elements);
  Grid grid = GridOf(page, section, elements, false);
  if (!Fits(page, grid)) grid = GridOf(page, section, elements, true);
  if (!section.bar.empty()) AddBars(page, section, elements, grid);
  return DrawGrid(page, std::move(grid));
}

}  // namespace egd::cli
