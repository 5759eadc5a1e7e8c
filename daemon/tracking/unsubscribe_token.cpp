#include "daemon/tracking/unsubscribe_token.h"

#include "shared/base/encoding.h"

namespace egd::tracking {
namespace {

constexpr char kKind = 'u';
constexpr size_t kIdOctets = 8;
constexpr size_t kUuidOctets = 16;
constexpr size_t kMacOctets = 16;
constexpr size_t kAddressAt = 1 + kIdOctets + kUuidOctets;
constexpr size_t kMostDigits = 1024;  // an address has 254 octets at most

std::string ShortMac(std::string_view payload, const Mac& mac) {
  return mac(payload).substr(0, kMacOctets);
}

}  // namespace

std::string MakeUnsubscribeToken(const Unsubscribe& unsubscribe, const Mac& mac) {
  std::string payload(1, kKind);
  for (int shift = 56; shift >= 0; shift -= 8) payload += char(unsubscribe.domain_id >> shift);
  payload.append(unsubscribe.message_id.AsBytes()).append(unsubscribe.address);
  return Base64Url(payload + ShortMac(payload, mac));
}

std::optional<Unsubscribe> ReadUnsubscribeToken(std::string_view token, const Mac& mac) {
  if (token.size() > kMostDigits) return std::nullopt;
  const std::optional<std::string> bytes = FromBase64Url(token);
  if (!bytes || bytes->size() < kAddressAt + kMacOctets) return std::nullopt;
  const std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kMacOctets);
  if (!EqualInConstantTime(ShortMac(payload, mac), bytes->substr(payload.size())))
    return std::nullopt;
  if (payload[0] != kKind) return std::nullopt;
  Unsubscribe unsubscribe;
  for (size_t i = 1; i <= kIdOctets; ++i) {
    unsubscribe.domain_id = unsubscribe.domain_id << 8 | uint8_t(payload[i]);
  }
  unsubscribe.message_id = *Uuid::FromBytes(payload.substr(1 + kIdOctets, kUuidOctets));
  unsubscribe.address = payload.substr(kAddressAt);
  return unsubscribe;
}

std::string UnsubscribeUrl(std::string_view scheme, std::string_view tracking_host,
                           std::string_view token) {
  std::string url(scheme);
  return url.append("://").append(tracking_host).append("/u/").append(token);
}

}  // namespace egd::tracking
