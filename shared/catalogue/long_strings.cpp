#include "shared/catalogue/long_strings.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::catalogue {
namespace {

// Four hexadecimal digits from the front of `text`.
std::optional<uint32_t> TakeUnit(std::string_view& text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t unit = 0;
  for (const char c : text.substr(0, 4)) {
    const size_t digit =
        std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? char(c + 32) : c);
    if (digit == std::string_view::npos) return std::nullopt;
    unit = unit * 16 + uint32_t(digit);
  }
  text.remove_prefix(4);
  return unit;
}

// The code point of "\u…", behind the u: one unit, or two of a surrogate pair.
std::optional<uint32_t> TakeCodePoint(std::string_view& text) {
  const auto first = TakeUnit(text);
  if (!first || (*first & 0xfc00) == 0xdc00) return std::nullopt;
  if ((*first & 0xfc00) != 0xd800) return first;
  if (!text.starts_with("\\u")) return std::nullopt;
  text.remove_prefix(2);
  const auto second = TakeUnit(text);
  if (!second || (*second & 0xfc00) != 0xdc00) return std::nullopt;
  return 0x10000 + ((*first & 0x3ff) << 10) + (*second & 0x3ff);
}

void AppendUtf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += char(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += char(kLead[more] | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += char(0x80 | ((c >> (6 * i)) & 0x3f));
}

// Appends what the escape stands for and takes it, from behind its backslash, from `text`.
bool TakeEscape(std::string_view& text, std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  const char name = text.front();
  text.remove_prefix(1);
  if (name == 'u') {
    const auto code_point = TakeCodePoint(text);
    if (code_point) AppendUtf8(out, *code_point);
    return code_point.has_value();
  }
  const size_t at = kNames.find(name);
  if (at == std::string_view::npos) return false;
  out += kMeanings[at];
  return true;
}

// What stands between the quotes; nothing when that is no proper string.
std::optional<std::string> Decode(std::string_view text) {
  const auto is_control = [](char c) { return uint8_t(c) < 0x20; };
  if (std::ranges::any_of(text, is_control) || !IsUtf8(text)) return std::nullopt;
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; (at = text.find('\\')) != std::string_view::npos;) {
    out.append(text.substr(0, at));
    text.remove_prefix(at + 1);
    if (text.empty() || !TakeEscape(text, out)) return std::nullopt;
  }
  return out.append(text);
}

}  // namespace

LongStrings TakeLongStrings(std::string_view text) {
  LongStrings strings;
  size_t copied = 0;  // of `text`, or taken
  size_t ordinal = 0;
  for (size_t at = text.find('"'); at < text.size(); at = text.find('"', at), ++ordinal) {
    const size_t first = at + 1;
    const size_t end = EndOfString(text, at);
    at = std::min(end + 1, text.size());
    if (end == text.size() || end - first < LongStrings::kLong) continue;
    auto decoded = Decode(text.substr(first, end - first));
    if (!decoded) continue;
    strings.text.append(text.substr(copied, first - copied));
    strings.taken.emplace_back(ordinal, *std::move(decoded));
    copied = end;
  }
  if (!strings.taken.empty()) strings.text.append(text.substr(copied));
  return strings;
}

}  // namespace egd::catalogue
