// Small ASCII text functions. Locale-free, pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd {

std::string Lower(std::string_view text);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
struct LessIgnoreCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
std::string_view Trim(std::string_view text);  // SP HT CR LF
std::vector<std::string_view> Split(std::string_view text, char separator);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
std::optional<int64_t> ParseInteger(std::string_view text);  // whole text, decimal, optional '-'

bool IsUtf8(std::string_view text);  // well-formed per RFC 3629: no surrogates, no overlong forms
bool HasControl(std::string_view text);  // any of 0x00-0x1f, 0x7f, or U+0080-U+009f in UTF-8
// The text with each control character or broken UTF-8 byte as "\xNN": fit for one log line.
std::string Printable(std::string_view text);
// The candidate nearest to `word` by edit distance (at most 3 and a third of the word), or nothing:
// for "did you mean".
std::optional<std::string> Nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace egd
