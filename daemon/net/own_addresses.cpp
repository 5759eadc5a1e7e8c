#include "daemon/net/own_addresses.h"

#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>

namespace egd::net {
namespace {

std::optional<core::IpAddress> FromSocketAddress(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address != nullptr && address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  }
  if (address != nullptr && address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text,
              sizeof text);
  }
  return core::IpAddress::Parse(text);
}

}  // namespace

std::vector<core::IpAddress> OwnAddresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, freeifaddrs);
  std::vector<core::IpAddress> own;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (const auto address = FromSocketAddress(each->ifa_addr)) own.push_back(*address);
  }
  return own;
}

}  // namespace egd::net
