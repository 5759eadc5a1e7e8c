#include "daemon/tracking/character_references.h"

#include <algorithm>
#include <cstdint>

namespace egd::tracking {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// What 0x80 to 0x9f stand for, 0 where they stand for themselves (the standard's table).
constexpr char16_t kC1[] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                            0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                            0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                            0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsAlphanumeric(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += {char(0xc0 | c >> 6), char(0x80 | (c & 0x3f))};
  } else if (c < 0x10000) {
    out += {char(0xe0 | c >> 12), char(0x80 | (c >> 6 & 0x3f)), char(0x80 | (c & 0x3f))};
  } else {
    out += {char(0xf0 | c >> 18), char(0x80 | (c >> 12 & 0x3f)), char(0x80 | (c >> 6 & 0x3f)),
            char(0x80 | (c & 0x3f))};
  }
}

char32_t MeantBy(char32_t number) {
  const bool surrogate = number >= 0xd800 && number <= 0xdfff;
  if (number == 0 || number > 0x10ffff || surrogate) return kReplacement;
  if (number >= 0x80 && number <= 0x9f && kC1[number - 0x80] != 0) return kC1[number - 0x80];
  return number;
}

// The length of the number reference at `text`, which begins with "&#"; 0 if it is none.
size_t DecodeNumber(std::string_view text, std::string& out) {
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const size_t begin = hex ? 3 : 2;
  size_t at = begin;
  char32_t number = 0;
  for (; at < text.size(); ++at) {
    const int digit = HexDigit(text[at]);
    if (digit < 0 || (!hex && digit > 9)) break;
    number = std::min<char32_t>(number * (hex ? 16 : 10) + char32_t(digit), 0x110000);
  }
  if (at == begin) return 0;
  AppendUtf8(out, MeantBy(number));
  return at < text.size() && text[at] == ';' ? at + 1 : at;
}

// The longest name that `text` begins with; null if there is none.
const NamedReference* LongestName(std::string_view text) {
  const NamedReference *first = kNamedReferences, *last = first + kNamedReferenceCount;
  const NamedReference* longest = nullptr;
  for (size_t length = 1; length <= text.size() && first != last; ++length) {
    const char c = text[length - 1];
    first = std::partition_point(first, last, [&](const NamedReference& reference) {
      return reference.name.size() < length || reference.name[length - 1] < c;
    });
    last = std::partition_point(first, last, [&](const NamedReference& reference) {
      return reference.name[length - 1] == c;
    });
    if (first != last && first->name.size() == length) longest = first;
  }
  return longest;
}

// As DecodeNumber, for "&" and a name.
size_t DecodeName(std::string_view text, std::string& out) {
  const NamedReference* found = LongestName(text.substr(1));
  if (!found) return 0;
  const size_t length = 1 + found->name.size();
  const char next = length < text.size() ? text[length] : '\0';
  if (!found->name.ends_with(';') && (next == '=' || IsAlphanumeric(next))) return 0;
  out += found->text;
  return length;
}

}  // namespace

std::string DecodeAttribute(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  while (!value.empty()) {
    size_t length = 0;
    if (value.front() == '&') {
      length = value.substr(1, 1) == "#" ? DecodeNumber(value, out) : DecodeName(value, out);
    } else if (value.front() == '\0') {
      AppendUtf8(out, kReplacement);
      length = 1;
    }
    if (length == 0) {
      length = std::min(value.find_first_of(std::string_view("&\0", 2), 1), value.size());
      out += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
  return out;
}

}  // namespace egd::tracking
