#include "daemon/tracking/hit_token.h"

#include "shared/base/encoding.h"

namespace egd::tracking {
namespace {

constexpr char kOpen = 'o', kClick = 'c', kStoredClick = 'l';
constexpr size_t kUuidOctets = 16;
constexpr size_t kMacOctets = 12;
constexpr size_t kDigestOctets = 16;
constexpr size_t kMostDigits = 2048;  // more than the longest address and URL make

void AppendNumber(std::string& out, uint32_t number) {
  for (; number >= 0x80; number >>= 7) out += char(number | 0x80);
  out += char(number);
}

std::optional<uint32_t> TakeNumber(std::string_view& bytes) {
  uint32_t number = 0;
  for (int shift = 0; shift < 28 && !bytes.empty(); shift += 7) {
    const auto octet = uint8_t(bytes.front());
    bytes.remove_prefix(1);
    number |= uint32_t(octet & 0x7f) << shift;
    if (octet < 0x80) return number;
  }
  return std::nullopt;
}

std::optional<std::string> TakeText(std::string_view& bytes) {
  const auto size = TakeNumber(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  std::string text(bytes.substr(0, *size));
  bytes.remove_prefix(*size);
  return text;
}

std::string Payload(const HitToken& token) {
  std::string payload(1, !token.click ? kOpen : token.url.empty() ? kStoredClick : kClick);
  payload += token.message_id.AsBytes();
  if (token.click) {
    AppendNumber(payload, token.link_index);
    AppendNumber(payload, token.links);
  }
  AppendNumber(payload, uint32_t(token.recipient.size()));
  payload += token.recipient;
  if (token.click) payload += token.url.empty() ? token.url_digest : token.url;
  return payload;
}

// Of an authenticated payload: nothing only for what another version made.
std::optional<HitToken> ReadPayload(std::string_view payload) {
  const char kind = payload[0];
  if (kind != kOpen && kind != kClick && kind != kStoredClick) return std::nullopt;
  HitToken token;
  token.click = kind != kOpen;
  token.message_id = *Uuid::FromBytes(payload.substr(1, kUuidOctets));
  payload.remove_prefix(1 + kUuidOctets);
  if (token.click) {
    const auto index = TakeNumber(payload), links = TakeNumber(payload);
    if (!index || !links) return std::nullopt;
    token.link_index = *index;
    token.links = *links;
  }
  auto recipient = TakeText(payload);
  if (!recipient) return std::nullopt;
  token.recipient = *std::move(recipient);
  if (kind == kClick) token.url = payload;
  if (kind == kStoredClick) token.url_digest = payload;
  if (payload.empty() != (kind == kOpen)) return std::nullopt;
  if (kind == kStoredClick && payload.size() != kDigestOctets) return std::nullopt;
  return token;
}

std::string ShortMac(std::string_view payload, const Mac& mac) {
  return mac(payload).substr(0, kMacOctets);
}

}  // namespace

std::string MakeHitToken(const HitToken& token, const Mac& mac) {
  const std::string payload = Payload(token);
  return Base64Url(payload + ShortMac(payload, mac));
}

std::optional<HitToken> ReadHitToken(std::string_view token, const Mac& mac) {
  if (token.size() > kMostDigits) return std::nullopt;
  const std::optional<std::string> bytes = FromBase64Url(token);
  if (!bytes || bytes->size() < 1 + kUuidOctets + kMacOctets) return std::nullopt;
  const std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kMacOctets);
  if (!EqualInConstantTime(ShortMac(payload, mac), bytes->substr(payload.size()))) {
    return std::nullopt;
  }
  return ReadPayload(payload);
}

}  // namespace egd::tracking
