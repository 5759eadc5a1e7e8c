#include "daemon/net/own_addresses.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

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

std::runtime_error Unknown(const std::string& why) {
  return std::runtime_error(
      "cannot read this machine's own addresses (" + why +
      "), which mail and webhooks must not be sent to; a sandbox has to allow AF_NETLINK");
}

}  // namespace

std::vector<core::IpAddress> OwnAddresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) throw Unknown(std::strerror(errno));
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, freeifaddrs);
  std::vector<core::IpAddress> own;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (const auto address = FromSocketAddress(each->ifa_addr)) own.push_back(*address);
  }
  if (own.empty()) throw Unknown("no interface has an address");
  return own;
}

}  // namespace egd::net
