#include "daemon/core/url_host.h"

#include <algorithm>
#include <cstdint>

#include <arpa/inet.h>
#include <idn2.h>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                       HexDigit(text[i + 2]) >= 0;
    out += coded ? char(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])) : text[i];
    if (coded) i += 2;
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return uint8_t(c) < 0x80; });
}

bool IsForbidden(char c) {
  constexpr std::string_view kForbidden = " #/:<>?@[\\]^|%\x7f";
  return uint8_t(c) < 0x20 || kForbidden.find(c) != std::string_view::npos;
}

std::optional<std::string> ALabels(const std::string& name) {
  char* converted = nullptr;
  const int status = idn2_to_ascii_8z(name.c_str(), &converted, IDN2_NONTRANSITIONAL);
  std::optional<std::string> a_labels;
  if (status == IDN2_OK) a_labels = Lower(converted);
  idn2_free(converted);
  return a_labels;
}

// Symbols and emoji, which UTS 46, and so a browser, lets into a name and IDNA 2008 does not:
// blocks from Arrows to Miscellaneous Symbols and Arrows, and the pictographs of plane 1.
bool IsSymbol(std::string_view character) {
  const auto octet = [&](size_t i) { return char32_t(uint8_t(character[i]) & 0x3f); };
  if (character.size() == 3) {
    const char32_t c = (octet(0) & 0xf) << 12 | octet(1) << 6 | octet(2);
    return (c >= 0x2190 && c < 0x2460) || (c >= 0x2500 && c < 0x2c00) || c == 0xfe0f;
  }
  if (character.size() != 4) return false;
  const char32_t c = (octet(0) & 7) << 18 | octet(1) << 12 | octet(2) << 6 | octet(3);
  return c >= 0x1f300 && c < 0x1fb00;
}

// The name with a letter for each symbol, which tells whether the rest of it would pass.
std::string WithoutSymbols(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto lead = uint8_t(name.front());
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::string_view character = name.substr(0, length);
    if (IsSymbol(character)) {
      out += 'x';
    } else {
      out += character;
    }
    name.remove_prefix(length);
  }
  return out;
}

std::string PercentEncoded(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    if (uint8_t(c) < 0x80) {
      out += c;
    } else {
      out += {'%', kHex[uint8_t(c) >> 4], kHex[uint8_t(c) & 15]};
    }
  }
  return out;
}

bool HasALabel(std::string_view lower) {
  return lower.starts_with("xn--") || lower.find(".xn--") != std::string_view::npos;
}

// One part of an IPv4 address: decimal, octal behind 0, hexadecimal behind 0x. Nothing if it is no
// number; too large ones as the largest.
std::optional<uint64_t> IPv4Number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int base = 10;
  if (text.size() >= 2 && text[0] == '0') {
    base = (text[1] | 0x20) == 'x' ? 16 : 8;
    text.remove_prefix(base == 16 ? 2 : 1);
  }
  uint64_t number = 0;
  for (const char c : text) {
    const int digit = HexDigit(c);
    if (digit < 0 || digit >= base) return std::nullopt;
    number = std::min<uint64_t>(number * uint64_t(base) + uint64_t(digit), uint64_t{1} << 40);
  }
  return number;
}

bool EndsInNumber(std::string_view last_label) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (last_label.empty()) return false;
  return std::ranges::all_of(last_label, is_digit) ||
         (Lower(last_label).starts_with("0x") && IPv4Number(last_label));
}

// Of a name whose last label is a number: nothing else may be one.
bool IsIPv4(const std::vector<std::string_view>& labels) {
  if (labels.size() > 4) return false;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto number = IPv4Number(labels[i]);
    const bool last = i + 1 == labels.size();
    const uint64_t below = last ? uint64_t{1} << (8 * (5 - labels.size())) : 256;
    if (!number || *number >= below) return false;
  }
  return true;
}

bool IsUsable(std::string_view host) {
  if (host.empty() || std::ranges::any_of(host, IsForbidden)) return false;
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto labels = Split(host, '.');
  return !EndsInNumber(labels.back()) || IsIPv4(labels);
}

bool IsIPv6(std::string_view bracketed) {
  in6_addr address;
  const std::string text(bracketed.substr(1, bracketed.size() - 2));
  return text.find('\0') == std::string::npos && inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace

std::optional<std::string> UrlHost(std::string_view text) {
  constexpr size_t kMaxBytes = 4096;  // as no name is; bounds what IDNA has to read
  if (text.empty() || text.size() > kMaxBytes) return std::nullopt;
  if (text.starts_with('[')) {
    const bool valid = text.ends_with(']') && IsIPv6(text);
    return valid ? std::optional(std::string(text)) : std::nullopt;
  }
  const std::string decoded = PercentDecoded(text);
  if (decoded.find('\0') != std::string::npos || !IsUtf8(decoded)) return std::nullopt;
  const bool ascii = IsAscii(decoded);
  if (ascii && !HasALabel(Lower(decoded))) {
    return IsUsable(decoded) ? std::optional(std::string(text)) : std::nullopt;
  }
  const std::string lower = Lower(decoded), plain = WithoutSymbols(lower);
  const auto name = ALabels(plain);
  if (!name || !IsUsable(*name)) return std::nullopt;
  if (ascii) return std::string(text);
  return plain == lower ? *name : PercentEncoded(lower);
}

}  // namespace egd::core
