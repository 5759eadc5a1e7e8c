#include "cli/view/grid.h"

#include <algorithm>
#include <numeric>

#include "cli/view/text.h"

namespace egd::cli {
namespace {

constexpr size_t kGap = 2;          // between two columns
constexpr size_t kLeast = 8;        // of a column that is cut
constexpr size_t kLeastKey = 20;    // of one of addresses, hosts and the like
constexpr size_t kTitleWidth = 24;  // of a pair's, at most
constexpr size_t kManyLines = 20;   // of one value

struct Column {
  size_t width = 0, least = 0;
  bool is_number = true, is_key = true;
};

std::vector<Column> ColumnsOf(const Grid& grid) {
  std::vector<Column> columns(grid.titles.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    size_t whole = 0;
    for (const GridRow& row : grid.rows) {
      const Cell& cell = row.cells[i];
      const size_t width = DisplayWidth(cell.text);
      column.width = std::max(column.width, width);
      if (cell.is_number || cell.is_whole) whole = std::max(whole, width);
      if (cell.text.empty()) continue;
      column.is_number &= cell.is_number;
      column.is_key &= cell.is_key;
    }
    const size_t title = DisplayWidth(grid.titles[i]);
    column.width = std::max(column.width, title);
    column.least =
        std::min(column.width, std::max({whole, title, column.is_key ? kLeastKey : kLeast}));
  }
  return columns;
}

size_t SumOf(const std::vector<Column>& columns) {
  const size_t gaps = columns.empty() ? 0 : (columns.size() - 1) * kGap;
  return std::accumulate(columns.begin(), columns.end(), gaps,
                         [](size_t sum, const Column& column) { return sum + column.width; });
}

// Takes from the widest that can give, until they fit; false when they cannot.
bool Shrink(std::vector<Column>& columns, size_t width) {
  while (SumOf(columns) > width) {
    Column* widest = nullptr;
    for (Column& column : columns) {
      const bool gives = column.width > column.least;
      if (gives && (!widest || column.width > widest->width)) widest = &column;
    }
    if (!widest) return false;
    const size_t excess = SumOf(columns) - width;
    const size_t step =
        std::max<size_t>(1, std::min(excess / columns.size(), widest->width - widest->least));
    widest->width -= step;
  }
  return true;
}

std::string Cut(const Page& page, const Cell& cell, size_t width) {
  return cell.is_key ? CutMiddle(page, cell.text, width) : CutEnd(page, cell.text, width);
}

std::string Line(const Page& page, const std::vector<Column>& columns,
                 const std::vector<Cell>& cells) {
  std::string line, blanks;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string text = Cut(page, cells[i], columns[i].width);
    const size_t missing = columns[i].width - std::min(columns[i].width, DisplayWidth(text));
    if (columns[i].is_number) blanks.append(missing, ' ');
    if (!text.empty()) {
      line += blanks + page.Painted(text, cells[i].tone);
      blanks.clear();
    }
    blanks.append(kGap + (columns[i].is_number ? 0 : missing), ' ');
  }
  return line + "\n";
}

std::string Details(const Page& page, const GridRow& row) {
  return DrawPairs(page, row.details, 4) + row.below;
}

void LeaveOutEmpty(Grid& grid) {
  for (size_t i = grid.titles.size(); i-- > 0;) {
    const bool empty = std::ranges::all_of(
        grid.rows, [i](const GridRow& row) { return row.cells[i].text.empty(); });
    if (!empty) continue;
    grid.titles.erase(grid.titles.begin() + long(i));
    for (GridRow& row : grid.rows) row.cells.erase(row.cells.begin() + long(i));
  }
}

std::string Blocks(const Page& page, const Grid& grid) {
  std::string text;
  for (const GridRow& row : grid.rows) {
    std::vector<Pair> pairs;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      if (!row.cells[i].text.empty()) pairs.push_back({grid.titles[i], row.cells[i], {}});
    }
    text += (text.empty() ? "" : "\n") + DrawPairs(page, pairs) + Details(page, row);
  }
  return text;
}

std::vector<std::string> ValueLines(const Page& page, const Pair& pair, size_t width) {
  if (pair.value.is_key && pair.lines.empty()) return {CutMiddle(page, pair.value.text, width)};
  std::vector<std::string> lines;
  for (const std::string& line : pair.lines) {
    for (std::string& part : WrapText(line, width)) lines.push_back(std::move(part));
  }
  if (pair.lines.empty()) lines = WrapText(pair.value.text, width);
  if (page.IsWide() || lines.size() <= kManyLines) return lines;
  page.shortened = true;
  const std::string rest = std::to_string(lines.size() - kManyLines) + " more lines";
  lines.resize(kManyLines);
  lines.push_back(CutEnd(page, std::string(page.Ellipsis()) + " " + rest, width));
  return lines;
}

}  // namespace

std::string DrawGrid(const Page& page, Grid grid) {
  LeaveOutEmpty(grid);
  auto columns = ColumnsOf(grid);
  if (!Shrink(columns, page.width)) return Blocks(page, grid);
  std::vector<Cell> titles;
  for (const std::string& title : grid.titles)
    titles.push_back({.text = title, .tone = Tone::kFaint});
  std::string text = Line(page, columns, titles);
  for (const GridRow& row : grid.rows) text += Line(page, columns, row.cells) + Details(page, row);
  return text;
}

bool Fits(const Page& page, const Grid& grid) {
  return SumOf(ColumnsOf(grid)) <= page.width;
}

std::string DrawPairs(const Page& page, const std::vector<Pair>& pairs, size_t indent) {
  size_t column = 0;
  for (const Pair& pair : pairs) column = std::max(column, DisplayWidth(pair.title));
  column = std::min(column, kTitleWidth);
  size_t before = indent + column + kGap;
  const bool is_narrow = before + 2 * kLeast > page.width;  // values go below their titles
  if (is_narrow) before = std::min<size_t>(indent + kGap, page.width / 4);
  const size_t room = page.IsWide() ? page.width : page.width - before;
  std::string text;
  for (const Pair& pair : pairs) {
    const std::string title =
        page.Painted(CutEnd(page, PadRight(pair.title, column), column), Tone::kFaint);
    std::string head = std::string(indent, ' ') + title + std::string(kGap, ' ');
    if (is_narrow) {
      text += std::string(indent, ' ') + page.Painted(pair.title, Tone::kFaint) + "\n";
      head = std::string(before, ' ');
    }
    for (const std::string& line : ValueLines(page, pair, room)) {
      text += head + page.Painted(line, pair.value.tone) + "\n";
      head = std::string(before, ' ');
    }
  }
  return text;
}

}  // namespace egd::cli
