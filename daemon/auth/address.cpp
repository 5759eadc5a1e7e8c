#include "daemon/auth/address.h"

#include <arpa/inet.h>

namespace egd::auth {
namespace {

constexpr std::string_view kMappedIpv4("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

}  // namespace

std::optional<std::string> AddressBytes(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::string bytes(16, '\0');
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
  bytes.assign(kMappedIpv4).append(4, '\0');
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + kMappedIpv4.size()) == 1) return bytes;
  return std::nullopt;
}

std::string ClientNetwork(std::string_view text) {
  std::optional<std::string> bytes = AddressBytes(text);
  if (!bytes) return std::string(text);
  if (!bytes->starts_with(kMappedIpv4)) bytes->resize(8);
  return std::move(*bytes);
}

bool IsLocal(std::string_view text) {
  const std::optional<std::string> bytes = AddressBytes(text);
  if (!bytes) return text == "unix";
  const bool ipv4 = bytes->starts_with(kMappedIpv4);
  return ipv4 ? (*bytes)[12] == 127 : *bytes == AddressBytes("::1");
}

}  // namespace egd::auth
