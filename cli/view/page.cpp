#include "cli/view/page.h"

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

std::string Variable(const Console& console, const char* name) {
  const auto variable = console.environment.find(name);
  return variable == console.environment.end() ? "" : variable->second;
}

bool WantsColor(const Console& console) {
  const std::string term = Variable(console, "TERM");
  return console.out_is_terminal && Variable(console, "NO_COLOR").empty() && !term.empty() &&
         term != "dumb";
}

// The first of these that is set decides, as for any program (POSIX, "Locale").
bool HasUtf8(const Console& console) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = Lower(Variable(console, name));
    if (locale.empty()) continue;
    return locale.find("utf-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

size_t WidthOf(const Console& console, const Words& words) {
  if (words.Has("--wide")) return Page::kNoLimit;
  if (console.out_is_terminal) return console.columns;
  const auto columns = ParseInteger(Variable(console, "COLUMNS"));
  return columns && *columns > 0 ? size_t(*columns) : Page::kNoLimit;
}

std::string_view CodeOf(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kWarning:
      return "\x1b[33m";
  }
  return "";
}

}  // namespace

std::string Page::Painted(std::string_view text, Tone tone) const {
  if (!color || tone == Tone::kPlain || text.empty()) return std::string(text);
  return std::string(CodeOf(tone)) + std::string(text) + "\x1b[0m";
}

std::string_view Page::Mark(Tone tone) const {
  switch (tone) {
    case Tone::kGood:
      return unicode ? "✓" : "+";
    case Tone::kBad:
      return unicode ? "✗" : "x";
    case Tone::kWarning:
      return "!";
    case Tone::kPlain:
    case Tone::kStrong:
    case Tone::kFaint:
      return "";
  }
  return "";
}

Page PageOf(const Console& console, const Words& words) {
  return {.width = WidthOf(console, words),
          .color = WantsColor(console),
          .unicode = HasUtf8(console),
          .now = console.clock.Now()};
}

}  // namespace egd::cli
