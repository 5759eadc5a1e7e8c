#include "shared/base/encoding.h"

#include <array>
#include <cstdint>

namespace egd {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* to = text.data();  // written in place: an attachment's content goes through here
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t group = uint32_t(uint8_t(bytes[i])) << 16;
    if (left > 1) group |= uint32_t(uint8_t(bytes[i + 1])) << 8;
    if (left > 2) group |= uint8_t(bytes[i + 2]);
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[(group >> 12) & 63];
    if (left > 1) *to++ = alphabet[(group >> 6) & 63];
    if (left > 2) *to++ = alphabet[group & 63];
  }
  if (!pad) text.resize(size_t(to - text.data()));
  return text;
}

using Table = std::array<int8_t, 256>;

constexpr Table Inverse(std::string_view alphabet) {
  Table table{};
  for (auto& entry : table) entry = -1;
  for (size_t i = 0; i < alphabet.size(); ++i) table[uint8_t(alphabet[i])] = int8_t(i);
  return table;
}

constexpr Table kFromStandard = Inverse(kStandard);
constexpr Table kFromUrl = Inverse(kUrl);

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::optional<std::string> Decode(std::string_view text, const Table& table, bool padded,
                                  bool allow_space) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int held = 0;
  size_t digits = 0, pads = 0;
  for (const char c : text) {
    if (allow_space && IsSpace(c)) continue;
    if (padded && c == '=') {
      ++pads;
      continue;
    }
    const int value = table[uint8_t(c)];
    if (value < 0 || pads > 0) return std::nullopt;
    ++digits;
    bits = (bits << 6 | uint32_t(value)) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += char(bits >> held & 0xff);
    }
  }
  if (digits % 4 == 1 || (bits & ((1u << held) - 1)) != 0) return std::nullopt;
  if (padded && (pads > 2 || (digits + pads) % 4 != 0)) return std::nullopt;
  return bytes;
}

}  // namespace

std::string Base64(std::string_view bytes) {
  return Encode(bytes, kStandard, true);
}
std::string Base64Url(std::string_view bytes) {
  return Encode(bytes, kUrl, false);
}

std::optional<std::string> FromBase64(std::string_view text, bool allow_space) {
  return Decode(text, kFromStandard, true, allow_space);
}
std::optional<std::string> FromBase64Url(std::string_view text) {
  return Decode(text, kFromUrl, false, false);
}

std::string Hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[uint8_t(c) >> 4];
    text += kDigits[uint8_t(c) & 15];
  }
  return text;
}

std::optional<std::string> FromHex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += char(high << 4 | low);
  }
  return bytes;
}

}  // namespace egd
