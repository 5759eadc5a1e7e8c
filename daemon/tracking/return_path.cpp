#include "daemon/tracking/return_path.h"

#include "shared/base/strings.h"

namespace egd::tracking {
namespace {

constexpr std::string_view kPrefix = "b-";
constexpr std::string_view kUnsubscribePrefix = "u-";
constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kUuidOctets = 16;
constexpr size_t kMacOctets = 8;
constexpr size_t kMostIdOctets = 8;
constexpr size_t kMostDigits = ((kUuidOctets + kMostIdOctets + kMacOctets) * 8 + 4) / 5;

std::string Base32(std::string_view bytes) {
  std::string text;
  unsigned bits = 0, count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8 | uint8_t(byte)) & 0xfff;
    for (count += 8; count >= 5; count -= 5) text += kDigits[bits >> (count - 5) & 31];
  }
  if (count > 0) text += kDigits[bits << (5 - count) & 31];
  return text;
}

// Nothing for a foreign character or bits left over.
std::optional<std::string> FromBase32(std::string_view text) {
  std::string bytes;
  unsigned bits = 0, count = 0;
  for (const char digit : text) {
    const size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5 | unsigned(value)) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += char(bits >> count);
  }
  if (count >= 5 || (bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

// Without leading zeros: 0 is nothing.
std::string IdOctets(int64_t id) {
  std::string octets;
  for (auto rest = uint64_t(id); rest != 0; rest >>= 8) octets.insert(octets.begin(), char(rest));
  return octets;
}

std::string ShortMac(std::string_view payload, const Mac& mac) {
  return mac(payload).substr(0, kMacOctets);
}

constexpr size_t kTagOctets = 4;

// What is between the message ID and the MAC.
std::string Detail(const ReturnPath& path) {
  if (path.recipient_id != 0 || path.destination == 0) return IdOctets(path.recipient_id);
  std::string octets(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) octets += char(path.destination >> shift);
  return octets;
}

std::string Make(std::string_view prefix, const ReturnPath& path, const Mac& mac) {
  std::string payload(path.message_id.AsBytes());
  payload += Detail(path);
  return std::string(prefix) + Base32(payload + ShortMac(payload, mac));
}

std::optional<ReturnPath> Read(std::string_view prefix, std::string_view local_part,
                               const Mac& mac) {
  if (local_part.size() > prefix.size() + kMostDigits) return std::nullopt;
  const std::string text = Lower(local_part);
  if (!text.starts_with(prefix)) return std::nullopt;
  const auto bytes = FromBase32(std::string_view(text).substr(prefix.size()));
  if (!bytes || bytes->size() < kUuidOctets + kMacOctets) return std::nullopt;
  const std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kMacOctets);
  if (!EqualInConstantTime(ShortMac(payload, mac), bytes->substr(payload.size()))) {
    return std::nullopt;
  }
  ReturnPath path;
  path.message_id = *Uuid::FromBytes(payload.substr(0, kUuidOctets));
  const std::string_view detail = payload.substr(kUuidOctets);
  uint64_t number = 0;
  for (const char octet : detail) number = number << 8 | uint8_t(octet);
  if (detail.size() == 1 + kTagOctets && detail[0] == '\0') {
    path.destination = uint32_t(number);
  } else {
    path.recipient_id = int64_t(number);
  }
  return path;
}

}  // namespace

uint32_t DestinationTag(std::string_view destination, const Mac& mac) {
  const std::string digest = mac("destination " + std::string(destination));
  uint32_t tag = 0;
  for (const char octet : digest.substr(0, kTagOctets)) tag = tag << 8 | uint8_t(octet);
  return tag == 0 ? 1 : tag;
}

std::string MakeReturnPath(const ReturnPath& path, const Mac& mac) {
  return Make(kPrefix, path, mac);
}

std::optional<ReturnPath> ReadReturnPath(std::string_view local_part, const Mac& mac) {
  return Read(kPrefix, local_part, mac);
}

std::string MakeUnsubscribeLocalPart(const ReturnPath& path, const Mac& mac) {
  return Make(kUnsubscribePrefix, path, mac);
}

std::optional<ReturnPath> ReadUnsubscribeLocalPart(std::string_view local_part, const Mac& mac) {
  return Read(kUnsubscribePrefix, local_part, mac);
}

}  // namespace egd::tracking
