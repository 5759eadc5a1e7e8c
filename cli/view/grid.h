// Rows and pairs laid out to a page's width. Everything ends with a line feed, or is empty.
#pragma once

#include <string>
#include <vector>

#include "cli/view/page.h"
#include "cli/view/value.h"

namespace egd::cli {

struct Pair {
  std::string title;
  Cell value;
  std::vector<std::string> lines = {};  // a value of several lines, in place of `value`
};

struct GridRow {
  std::vector<Cell> cells;         // one a column
  std::vector<Pair> details = {};  // below it
  std::string below = {};          // lines drawn already
};

struct Grid {
  std::vector<std::string> titles;
  std::vector<GridRow> rows;
};

// Columns as wide as their cells. Where that does not fit, the widest are cut; where even that
// does not, each row is a block of pairs. Columns without a value are left out.
std::string DrawGrid(const Page& page, Grid grid);
// Whether all columns fit as they are.
bool Fits(const Page& page, const Grid& grid);

// Titles beside values, these wrapped below themselves.
std::string DrawPairs(const Page& page, const std::vector<Pair>& pairs, size_t indent = 0);

}  // namespace egd::cli
