// kRecords: DNS records, a line each; below one that does not pass what was found against what was
// expected, with the difference marked.
#include <algorithm>

#include "cli/view/sections.h"
#include "cli/view/text.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kIndent = 4, kLabelWidth = 10;  // "expected" and a gap
constexpr size_t kContext = 16;  // columns shown before a difference that is far to the right

std::string WordAt(const Json& record, const char* key) {
  const Json& word = At(record, key);
  return word.is_string() ? Printable(word.get<std::string>()) : "";
}

// A text and the part of it in which it differs from another.
struct Marked {
  std::vector<Glyph> glyphs;
  size_t begin = 0, end = 0;

  size_t WidthOf(size_t from, size_t to) const {
    size_t width = 0;
    for (size_t i = from; i < to; ++i) width += glyphs[i].width;
    return width;
  }
};

struct Difference {
  Marked expected, found;
};

// What they share at both ends is left out.
Difference Compare(const std::string& expected, const std::string& found) {
  const auto a = GlyphsOf(expected), b = GlyphsOf(found);
  const auto same = [&](size_t i, size_t j) { return a[i].bytes == b[j].bytes; };
  size_t begin = 0, a_end = a.size(), b_end = b.size();
  while (begin < std::min(a_end, b_end) && same(begin, begin)) ++begin;
  while (a_end > begin && b_end > begin && same(a_end - 1, b_end - 1)) {
    --a_end;
    --b_end;
  }
  return {{a, begin, a_end}, {b, begin, b_end}};
}

// The glyphs of a text that are shown, an ellipsis at each end that is cut.
struct Window {
  size_t first, last;                   // of the glyphs; behind the last
  std::string before = {}, after = {};  // ellipses, or nothing
};

Window WindowOf(const Page& page, const Marked& text, size_t first, size_t room) {
  const std::string ellipsis(page.Ellipsis());
  Window window{.first = std::min(first, text.glyphs.size()), .last = text.glyphs.size()};
  if (first > 0) window.before = ellipsis;
  room -= std::min(room, DisplayWidth(window.before));
  size_t width = text.WidthOf(window.first, window.last);
  if (width > room) {
    window.after = ellipsis;
    room -= std::min(room, DisplayWidth(ellipsis));
    while (width > room) width -= text.glyphs[--window.last].width;
  }
  page.shortened |= !window.before.empty() || !window.after.empty();
  return window;
}

// What is seen in the window, the difference in `tone`.
std::string Shown(const Page& page, const Marked& text, const Window& window, Tone tone) {
  std::string same = window.before, differs, rest;
  for (size_t i = window.first; i < window.last; ++i) {
    (i < text.begin ? same : i < text.end ? differs : rest) += text.glyphs[i].bytes;
  }
  return same + page.Painted(differs, tone) + rest + window.after;
}

// For the line below: ^ where it differs, one where something is missing.
std::string Carets(const Marked& text, const Window& window, size_t room) {
  if (text.begin < window.first || text.begin > window.last) return "";
  const size_t column = DisplayWidth(window.before) + text.WidthOf(window.first, text.begin);
  const size_t width = text.WidthOf(text.begin, std::clamp(text.end, text.begin, window.last));
  if (column >= room) return "";
  return std::string(column, ' ') + std::string(std::max<size_t>(1, width), '^');
}

std::string Labelled(const Page& page, const std::string& label, const std::string& text) {
  return std::string(kIndent, ' ') + page.Painted(PadRight(label, kLabelWidth), Tone::kFaint) +
         text + "\n";
}

// The glyph to begin with, so that the difference is seen.
size_t FirstShown(const Difference& of, size_t room) {
  const Marked &a = of.expected, &b = of.found;
  const size_t whole = std::max(a.WidthOf(0, a.glyphs.size()), b.WidthOf(0, b.glyphs.size()));
  if (whole <= room || b.WidthOf(0, b.begin) < room / 2) return 0;
  size_t first = b.begin;
  for (size_t context = 0; first > 0 && context < std::min(kContext, room / 4); --first) {
    context += b.glyphs[first - 1].width;
  }
  return first;
}

std::string Lines(const Page& page, const std::string& label, const std::string& text,
                  size_t room) {
  std::string lines, title = label;
  for (const std::string& line : WrapText(text, room)) {
    lines += Labelled(page, title, line);
    title.clear();
  }
  return lines;
}

std::string FoundAgainstExpected(const Page& page, const Json& record) {
  const std::string expected = WordAt(record, "Value"), found = WordAt(record, "Found");
  const size_t taken = kIndent + kLabelWidth;
  const size_t room = page.IsWide() ? page.width : page.width - std::min(page.width - 1, taken);
  std::string text;
  if (found.empty()) {
    text += Labelled(page, "expected", CutMiddle(page, expected, room)) +
            Labelled(page, "found", "nothing");
  } else if (found == expected) {
    text += Labelled(page, "found", CutMiddle(page, found, room));
  } else {
    const Difference of = Compare(expected, found);
    const size_t first = FirstShown(of, room);
    const Window want = WindowOf(page, of.expected, first, room);
    const Window have = WindowOf(page, of.found, first, room);
    const std::string carets = Carets(of.found, have, room);
    text += Labelled(page, "expected", Shown(page, of.expected, want, Tone::kGood)) +
            Labelled(page, "found", Shown(page, of.found, have, Tone::kBad));
    if (!carets.empty()) text += Labelled(page, "", carets);
  }
  const std::string error = WordAt(record, "Error");
  if (!error.empty()) text += Lines(page, "why", error, room);
  if (record.contains("AuthoritativeValue")) {
    const std::string published = "at " + WordAt(record, "AuthoritativeServer") + ": " +
                                  WordAt(record, "AuthoritativeValue") +
                                  " (resolvers may keep the old one for up to " +
                                  At(record, "AuthoritativeTTL").dump() + " s)";
    text += Lines(page, "", published, room);
  }
  return text;
}

// What is not looked up yet: the value to publish.
std::string ToPublish(const Page& page, const Json& record) {
  const size_t room = page.IsWide() ? page.width : page.width - std::min(page.width - 1, kIndent);
  return std::string(kIndent, ' ') + CutMiddle(page, WordAt(record, "Value"), room) + "\n";
}

std::string Below(const Page& page, const Json& record) {
  const std::string status = WordAt(record, "Status");
  if (status == "pass") return "";
  return status == "unchecked" ? ToPublish(page, record) : FoundAgainstExpected(page, record);
}

GridRow RowOf(const Page& page, const Json& record) {
  const std::string status = WordAt(record, "Status");
  const std::string word = status == "temperror" ? "no answer" : status;
  const Tone tone = ToneOf(status);
  const bool optional = At(record, "Required") == Json(false);
  const std::string mark(page.Mark(tone));
  GridRow row;
  row.cells = {{.text = mark + (mark.empty() ? "" : " ") + word, .tone = tone, .is_whole = true},
               {.text = WordAt(record, "Purpose"), .is_key = true},
               {.text = WordAt(record, "Type"), .is_key = true},
               {.text = WordAt(record, "Host"), .is_key = true},
               {.text = optional ? "optional" : "", .tone = Tone::kFaint}};
  row.below = Below(page, record);
  return row;
}

}  // namespace

std::string DrawRecords(const Page& page, const Json& records) {
  Grid grid{.titles = {"", "Purpose", "Type", "Host", ""}, .rows = {}};
  for (const Json& record : records) {
    if (record.is_object()) grid.rows.push_back(RowOf(page, record));
  }
  return DrawGrid(page, std::move(grid));
}

}  // namespace egd::cli
