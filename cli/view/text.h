// Text as a terminal lays it out: how many columns it takes, and cutting and wrapping it to a
// width. Texts are printable UTF-8 (Printable) without colours. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/view/page.h"

namespace egd::cli {

// What the terminal advances for: a character with those that combine with it.
struct Glyph {
  std::string_view bytes;
  size_t width;  // columns
};
std::vector<Glyph> GlyphsOf(std::string_view text);

// As wcwidth(3) says in UTF-8, whatever the locale; two columns for what it does not know.
size_t DisplayWidth(std::string_view text);

// With blanks up to `width`, behind or before it.
std::string PadRight(std::string_view text, size_t width);
std::string PadLeft(std::string_view text, size_t width);

// The text, or as much of its beginning, or of both its ends, as fits beside an ellipsis. Notes on
// the page that something is missing.
std::string CutEnd(const Page& page, std::string_view text, size_t width);
std::string CutMiddle(const Page& page, std::string_view text, size_t width);

// Lines of at most `width` columns, broken at blanks where that can be. At least one.
std::vector<std::string> WrapText(std::string_view text, size_t width);

// Lines that may hold our colours, each longer one broken in two: the last guard.
std::string Fold(const std::string& lines, size_t width);

}  // namespace egd::cli
