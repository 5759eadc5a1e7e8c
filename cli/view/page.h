// Where a view is drawn: how wide, with what marks and colours, and when. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "cli/words.h"
#include "shared/base/clock.h"

namespace egd::cli {

enum class Tone { kPlain, kStrong, kFaint, kGood, kBad, kWarning };

struct Page {
  static constexpr size_t kNoLimit = SIZE_MAX;

  size_t width = kNoLimit;  // of a line, in columns
  bool color = false;
  bool unicode = true;  // marks and bars beyond ASCII
  UnixMillis now = 0;
  mutable bool shortened = false;  // something was cut to fit

  bool IsWide() const { return width == kNoLimit; }
  // `text` in the colour of `tone`, where there are colours.
  std::string Painted(std::string_view text, Tone tone) const;
  // Before a word that is no plain one: what tells it without colours.
  std::string_view Mark(Tone tone) const;
  std::string_view Ellipsis() const { return unicode ? "…" : "..."; }
};

// Of standard output: as wide as the terminal, else COLUMNS, else without limit; --wide is without
// limit too. Colours on a terminal that NO_COLOR (no-color.org) and TERM allow.
Page PageOf(const Console& console, const Words& words);

}  // namespace egd::cli
