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

// Where two texts differ, in glyphs: what they share at both ends left out.
struct Difference {
  std::vector<Glyph> expected, found;
  size_t begin = 0, expected_end = 0, found_end = 0;
};

Difference Compare(const std::string& expected, const std::string& found) {
  Difference of{.expected = GlyphsOf(expected), .found = GlyphsOf(found)};
  const auto same = [](const Glyph& a, const Glyph& b) { return a.bytes == b.bytes; };
  const size_t most = std::min(of.expected.size(), of.found.size());
  while (of.begin < most && same(of.expected[of.begin], of.found[of.begin])) ++of.begin;
  of.expected_end = of.expected.size();
  of.found_end = of.found.size();
  while (of.expected_end > of.begin && of.found_end > of.begin &&
         same(of.expected[of.expected_end - 1], of.found[of.found_end - 1])) {
    --of.expected_end;
    --of.found_end;
  }
  return of;
}

// Glyphs from `first`, as many as fit, an ellipsis at each end that is cut; those of the difference
// in `tone`. `mark`: the same line with ^ below them.
struct Window {
  std::string text, mark;
};

Window WindowOf(const Page& page, const std::vector<Glyph>& glyphs, size_t first, size_t begin,
                size_t end, size_t room, Tone tone) {
  const std::string ellipsis(page.Ellipsis());
  const size_t mark_width = DisplayWidth(ellipsis);
  Window window;
  if (first > 0) {
    window.text = ellipsis;
    window.mark.append(mark_width, ' ');
    room -= std::min(room, mark_width);
  }
  size_t rest = 0;
  for (size_t i = first; i < glyphs.size(); ++i) rest += glyphs[i].width;
  const bool cut = rest > room;
  if (cut) room -= std::min(room, mark_width);
  page.shortened |= cut || first > 0;
  size_t i = first;
  for (; i < glyphs.size() && glyphs[i].width <= room; ++i) {
    const bool differs = i >= begin && i < end;
    window.text += page.Painted(glyphs[i].bytes, differs ? tone : Tone::kPlain);
    window.mark.append(glyphs[i].width, differs ? '^' : ' ');
    room -= glyphs[i].width;
  }
  if (cut) window.text += ellipsis;
  if (begin == end && begin >= first && begin <= i) {  // something is missing here
    size_t column = first > 0 ? mark_width : 0;
    for (size_t j = first; j < begin; ++j) column += glyphs[j].width;
    if (column == window.mark.size() && room > 0) window.mark += ' ';
    if (column < window.mark.size()) window.mark[column] = '^';
  }
  window.mark.erase(window.mark.find_last_not_of(' ') + 1);
  return window;
}

std::string Labelled(const Page& page, const std::string& label, const std::string& text) {
  return std::string(kIndent, ' ') + page.Painted(PadRight(label, kLabelWidth), Tone::kFaint) +
         text + "\n";
}

// The glyph to begin with, so that the difference is seen.
size_t FirstShown(const Difference& of, size_t room) {
  size_t width = 0, before = 0;
  for (size_t i = 0; i < of.found.size(); ++i) {
    width += of.found[i].width;
    if (i < of.begin) before = width;
  }
  for (size_t i = 0, all = 0; i < of.expected.size(); ++i) {
    all += of.expected[i].width;
    width = std::max(width, all);
  }
  if (width <= room || before < room / 2) return 0;
  size_t first = of.begin;
  for (size_t context = 0; first > 0 && context < std::min(kContext, room / 4); --first) {
    context += of.found[first - 1].width;
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
    const Window want =
        WindowOf(page, of.expected, first, of.begin, of.expected_end, room, Tone::kGood);
    const Window have = WindowOf(page, of.found, first, of.begin, of.found_end, room, Tone::kBad);
    text += Labelled(page, "expected", want.text) + Labelled(page, "found", have.text);
    if (!have.mark.empty()) text += Labelled(page, "", have.mark);
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
