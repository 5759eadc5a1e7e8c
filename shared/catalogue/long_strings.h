// Long JSON strings, which are nearly all of a message's bytes, read by searching for their escapes
// instead of byte by byte: nlohmann's lexer takes five times as long for them. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egd::catalogue {

// A JSON text without the contents of its long strings.
struct LongStrings {
  static constexpr size_t kLong = 512;  // bytes: below it the lexer is as quick

  std::string text;  // each of them is "" here
  // Which string of the text it was, names among them, from 0; and what it says. In their order.
  std::vector<std::pair<size_t, std::string>> taken;
};

// What is no proper string (RFC 8259 section 7, in UTF-8) stays where it is, for the parser to
// refuse. `text` is left empty when nothing was taken.
LongStrings TakeLongStrings(std::string_view text);

}  // namespace egd::catalogue
