#include "daemon/net/own_addresses.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/guarded.h"
#include "shared/base/log.h"

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

namespace {

// A socket that the kernel writes each change of an address to.
class Changes {
 public:
  Changes()
      : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (socket_ < 0 ||
        ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      const int error = errno;
      if (socket_ >= 0) ::close(socket_);
      throw Unknown(std::strerror(error));
    }
  }
  ~Changes() { ::close(socket_); }
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  // Whether there were any since the last call; what they were is read from the interfaces. More than
  // the socket holds fail with ENOBUFS, and are some, too.
  bool Any() {
    bool any = false;
    for (char ignored;;) {
      const ssize_t size = ::recv(socket_, &ignored, sizeof ignored, MSG_TRUNC);
      if (size < 0 && errno != ENOBUFS && errno != EINTR) return any;
      any = true;
    }
  }

 private:
  const int socket_;
};

struct Watch {
  Changes changes;  // before the first reading, so that nothing is missed in between
  std::vector<core::IpAddress> own = OwnAddresses();
  bool is_old = false;

  bool Has(const core::IpAddress& address) {
    if (changes.Any()) is_old = true;
    if (is_old) ReadAgain();
    return std::find(own.begin(), own.end(), address) != own.end();
  }

  void ReadAgain() {
    try {
      own = OwnAddresses();
      is_old = false;
    } catch (const std::runtime_error& failure) {
      log::Error("cannot read own addresses again", {{"why", failure.what()}});
    }
  }
};

}  // namespace

core::AddressGuard::IsOwn WatchOwnAddresses() {
  const auto watch = std::make_shared<Guarded<Watch>>();
  return [watch](const core::IpAddress& address) {
    return watch->With([&](Watch& current) { return current.Has(address); });
  };
}

}  // namespace egd::net
