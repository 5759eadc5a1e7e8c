#include "daemon/tracking/unsubscribe_token.h"

#include "shared/base/encoding.h"

namespace egd::tracking {
namespace {

constexpr char kKind = 'u', kListKind = 'l';
constexpr size_t kIdOctets = 8;
constexpr size_t kUuidOctets = 16;
constexpr size_t kMacOctets = 16;
constexpr size_t kMostDigits = 1024;  // an address has 254 octets at most

std::string ShortMac(std::string_view payload, const Mac& mac) {
  return mac(payload).substr(0, kMacOctets);
}

void AppendId(std::string& out, int64_t id) {
  for (int shift = 56; shift >= 0; shift -= 8) out += char(id >> shift);
}

int64_t TakeId(std::string_view& bytes) {
  int64_t id = 0;
  for (size_t i = 0; i < kIdOctets; ++i) id = id << 8 | uint8_t(bytes[i]);
  bytes.remove_prefix(kIdOctets);
  return id;
}

}  // namespace

std::string MakeUnsubscribeToken(const Unsubscribe& unsubscribe, const Mac& mac) {
  std::string payload(1, unsubscribe.list_id != 0 ? kListKind : kKind);
  AppendId(payload, unsubscribe.domain_id);
  if (unsubscribe.list_id != 0) AppendId(payload, unsubscribe.list_id);
  payload.append(unsubscribe.message_id.AsBytes()).append(unsubscribe.address);
  return Base64Url(payload + ShortMac(payload, mac));
}

std::optional<Unsubscribe> ReadUnsubscribeToken(std::string_view token, const Mac& mac) {
  if (token.size() > kMostDigits) return std::nullopt;
  const std::optional<std::string> bytes = FromBase64Url(token);
  if (!bytes || bytes->size() < 1 + kMacOctets) return std::nullopt;
  std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kMacOctets);
  if (!EqualInConstantTime(ShortMac(payload, mac), bytes->substr(payload.size())))
    return std::nullopt;
  const char kind = payload[0];
  payload.remove_prefix(1);
  const size_t ids = kind == kListKind ? 2 : 1;
  if ((kind != kKind && kind != kListKind) || payload.size() < ids * kIdOctets + kUuidOctets) {
    return std::nullopt;
  }
  Unsubscribe unsubscribe;
  unsubscribe.domain_id = TakeId(payload);
  if (kind == kListKind) unsubscribe.list_id = TakeId(payload);
  unsubscribe.message_id = *Uuid::FromBytes(payload.substr(0, kUuidOctets));
  unsubscribe.address = payload.substr(kUuidOctets);
  return unsubscribe;
}

std::string UnsubscribeUrl(std::string_view scheme, std::string_view tracking_host,
                           std::string_view token) {
  std::string url(scheme);
  return url.append("://").append(tracking_host).append("/u/").append(token);
}

}  // namespace egd::tracking
