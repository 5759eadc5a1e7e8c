#include "shared/base/strings.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>

#include "shared/base/escape.h"

namespace egd {
namespace {

char LowerChar(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629 section 4), 0 if there
// is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : 0u; };
  const auto tail = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80, high = lead == 0xed ? 0x9f : 0xbf;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xf4 ? 0x8f : 0xbf;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

bool IsPlain(char c) {
  return uint8_t(c - 0x20) < 0x5f;
}

// Whether all of eight characters are plain, in one look: the top bit of a byte is set in `word`
// when it is no ASCII, and in the differences when it is less than a space, or DEL.
bool ArePlain(const char* eight) {
  constexpr uint64_t kOnes = 0x0101010101010101, kTops = 0x80 * kOnes;
  uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const uint64_t del = word ^ (0x7f * kOnes);
  const uint64_t below_space = (word - 0x20 * kOnes) & ~word, is_del = (del - kOnes) & ~del;
  return ((word | below_space | is_del) & kTops) == 0;
}

// Of the run of printable ASCII at the start: most text is one, and needs no closer look.
size_t PlainLength(std::string_view text) {
  size_t length = 0;
  while (text.size() - length >= 8 && ArePlain(text.data() + length)) length += 8;
  while (length < text.size() && IsPlain(text[length])) ++length;
  return length;
}

bool IsControl(std::string_view sequence) {
  const auto lead = uint8_t(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7f;
  return sequence.size() == 2 && lead == 0xc2 && uint8_t(sequence[1]) <= 0x9f;
}

// `text` with each byte of a sequence that `must` says so, or is no UTF-8, as "\xNN".
template <typename Must>
std::string Escaped(std::string_view text, Must must) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    const std::string_view sequence = text.substr(0, std::max<size_t>(length, 1));
    if (length > 0 && !must(sequence)) {
      out += sequence;
    } else {
      for (const char c : sequence) {
        out += "\\x";
        out += kDigits[uint8_t(c) >> 4];
        out += kDigits[uint8_t(c) & 15];
      }
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (LowerChar(a[i - 1]) == LowerChar(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerChar);
  return lower;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerChar(x) == LowerChar(y); });
}

bool LessIgnoreCase::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return LowerChar(x) < LowerChar(y); });
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t from = 0;;) {
    const size_t at = text.find(separator, from);
    parts.push_back(text.substr(from, at == std::string_view::npos ? at : at - from));
    if (at == std::string_view::npos) return parts;
    from = at + 1;
  }
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsUtf8(std::string_view text) {
  for (text.remove_prefix(PlainLength(text)); !text.empty();
       text.remove_prefix(PlainLength(text))) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool HasControl(std::string_view text) {
  for (text.remove_prefix(PlainLength(text)); !text.empty();
       text.remove_prefix(PlainLength(text))) {
    const size_t length = std::max<size_t>(SequenceLength(text), 1);
    if (IsControl(text.substr(0, length))) return true;
    text.remove_prefix(length);
  }
  return false;
}

// U+2028 to U+202E, U+2066 to U+2069.
size_t LayoutLength(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xe2') return 0;
  const auto second = uint8_t(text[1]), third = uint8_t(text[2]);
  const bool separator = second == 0x80 && third >= 0xa8 && third <= 0xae;
  const bool isolate = second == 0x81 && third >= 0xa6 && third <= 0xa9;
  return separator || isolate ? 3 : 0;
}

std::string EscapeControls(std::string_view text) {
  return Escaped(text, [](std::string_view sequence) { return IsControl(sequence); });
}

std::string Printable(std::string_view text) {
  return Escaped(text, [](std::string_view sequence) {
    return IsControl(sequence) || LayoutLength(sequence) > 0;
  });
}

std::optional<std::string> Nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  size_t best = std::min<size_t>(3, word.size() / 3 + 1) + 1;
  std::optional<std::string> nearest;
  for (const auto& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace egd
