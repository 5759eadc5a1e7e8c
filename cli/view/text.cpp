#include "cli/view/text.h"

#include <algorithm>

#include <locale.h>
#include <wchar.h>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr char32_t kEmojiSelector = 0xfe0f;  // a wide picture in place of a narrow sign

size_t SequenceLength(char first) {
  const auto byte = uint8_t(first);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

char32_t CodePoint(std::string_view sequence) {
  char32_t code = uint8_t(sequence[0]);
  if (sequence.size() > 1) code &= 0x7fU >> sequence.size();
  for (const char c : sequence.substr(1)) code = code << 6 | (uint8_t(c) & 0x3fU);
  return code;
}

size_t WidthOf(char32_t code) {
  if (code < 0x80 || code == kEmojiSelector) return 1;
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (!utf8) return 2;
  const locale_t before = ::uselocale(utf8);
  const int width = ::wcwidth(wchar_t(code));
  ::uselocale(before);
  return width < 0 ? 2 : size_t(width);
}

// From the front while it fits.
std::string_view Head(std::string_view text, size_t width) {
  size_t bytes = 0;
  for (const Glyph& glyph : GlyphsOf(text)) {
    if (glyph.width > width) break;
    width -= glyph.width;
    bytes += glyph.bytes.size();
  }
  return text.substr(0, bytes);
}

std::string_view Tail(std::string_view text, size_t width) {
  const auto glyphs = GlyphsOf(text);
  size_t bytes = 0;
  for (auto glyph = glyphs.rbegin(); glyph != glyphs.rend() && glyph->width <= width; ++glyph) {
    width -= glyph->width;
    bytes += glyph->bytes.size();
  }
  return text.substr(text.size() - bytes);
}

// Adds the word, broken wherever a line is full; returns the last line's width.
size_t AddBroken(std::string_view word, size_t width, std::vector<std::string>& lines) {
  size_t column = 0;
  for (const Glyph& glyph : GlyphsOf(word)) {
    if (column > 0 && column + glyph.width > width) {
      lines.emplace_back();
      column = 0;
    }
    lines.back() += glyph.bytes;
    column += glyph.width;
  }
  return column;
}

// Of a line's end: what a colour's escape takes up at the front, else 0.
size_t EscapeLength(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const size_t end = text.find('m');
  return end == text.npos ? 0 : end + 1;
}

}  // namespace

std::vector<Glyph> GlyphsOf(std::string_view text) {
  std::vector<Glyph> glyphs;
  glyphs.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t length = std::min(SequenceLength(text[i]), text.size() - i);
    const char32_t code = CodePoint(text.substr(i, length));
    const size_t width = WidthOf(code);
    const bool combines = !glyphs.empty() && (width == 0 || code == kEmojiSelector);
    if (combines) {
      Glyph& last = glyphs.back();
      last = {std::string_view(last.bytes.data(), last.bytes.size() + length), last.width + width};
    } else {
      glyphs.push_back({text.substr(i, length), width});
    }
    i += length;
  }
  return glyphs;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const Glyph& glyph : GlyphsOf(text)) width += glyph.width;
  return width;
}

std::string PadRight(std::string_view text, size_t width) {
  const size_t taken = DisplayWidth(text);
  return std::string(text) + std::string(width > taken ? width - taken : 0, ' ');
}

std::string PadLeft(std::string_view text, size_t width) {
  const size_t taken = DisplayWidth(text);
  return std::string(width > taken ? width - taken : 0, ' ') + std::string(text);
}

std::string CutEnd(const Page& page, std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  page.shortened = true;
  const size_t mark = DisplayWidth(page.Ellipsis());
  if (width <= mark) return std::string(Head(text, width));
  return std::string(Head(text, width - mark)) + std::string(page.Ellipsis());
}

std::string CutMiddle(const Page& page, std::string_view text, size_t width) {
  const size_t mark = DisplayWidth(page.Ellipsis());
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width < mark + 6) return CutEnd(page, text, width);  // ends too short to tell anything
  page.shortened = true;
  const size_t room = width - mark, tail = room / 2;
  return std::string(Head(text, room - tail)) + std::string(page.Ellipsis()) +
         std::string(Tail(text, tail));
}

std::vector<std::string> WrapText(std::string_view text, size_t width) {
  if (width == Page::kNoLimit || DisplayWidth(text) <= width) return {std::string(text)};
  std::vector<std::string> lines(1);
  size_t column = 0;
  for (const std::string_view word : Split(text, ' ')) {
    const size_t needed = DisplayWidth(word);
    if (column > 0 && column + 1 + needed > width) {
      lines.emplace_back();
      column = 0;
    } else if (column > 0) {
      lines.back() += ' ';
      ++column;
    }
    if (needed > width) {
      column = AddBroken(word, width, lines);
      continue;
    }
    lines.back() += word;
    column += needed;
  }
  return lines;
}

std::string Fold(const std::string& lines, size_t width) {
  if (width == Page::kNoLimit) return lines;
  std::string folded;
  size_t column = 0;
  for (std::string_view rest = lines; !rest.empty();) {
    if (const size_t escape = EscapeLength(rest)) {
      folded += rest.substr(0, escape);
      rest.remove_prefix(escape);
      continue;
    }
    // From the second character: what begins with one of these and is no colour is text.
    const size_t end = rest[0] == '\n' ? 0 : std::min(rest.find_first_of("\x1b\n", 1), rest.size());
    for (const Glyph& glyph : GlyphsOf(rest.substr(0, end))) {
      if (column + glyph.width > width && column > 0) {
        folded += "\n";
        column = 0;
      }
      folded += glyph.bytes;
      column += glyph.width;
    }
    rest.remove_prefix(end);
    if (rest.starts_with('\n')) {
      folded += '\n';
      column = 0;
      rest.remove_prefix(1);
    }
  }
  return folded;
}

}  // namespace egd::cli
