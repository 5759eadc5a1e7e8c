#include "cli/connection_failure.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace egd::cli {
namespace {

constexpr int kPatienceMs = 1000;

// The error number of one more attempt; 0: it connects now.
int Connect(const sockaddr* address, socklen_t size) {
  const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int failure = ::connect(fd, address, size) == 0 ? 0 : errno;
  if (failure == EINPROGRESS) {
    pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
    socklen_t length = sizeof failure;
    failure = ETIMEDOUT;
    if (::poll(&wait, 1, kPatienceMs) > 0) {
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    }
  }
  ::close(fd);
  return failure;
}

std::string InWords(int failure) {
  return failure == 0 ? "the connection failed" : std::strerror(failure);
}

std::string WhyNoUnixConnection(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return "the socket's path is too long";
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  switch (const int failure =
              Connect(reinterpret_cast<const sockaddr*>(&address), sizeof address)) {
    case ENOENT:
      return "there is no such socket; is egd running?";
    case ECONNREFUSED:
      return "the socket is stale: no egd listens on it any more";
    default:
      return InWords(failure);
  }
}

}  // namespace

std::string WhyNoConnection(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kUnix) return WhyNoUnixConnection(endpoint.host);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int failure = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) {
    const bool system = failure == EAI_SYSTEM;
    return "the name " + endpoint.host +
           " cannot be resolved: " + (system ? std::strerror(errno) : ::gai_strerror(failure));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  int last = 0;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    last = Connect(one->ai_addr, one->ai_addrlen);
    if (last == 0) break;
  }
  return last == ECONNREFUSED ? "connection refused; is egd running there?" : InWords(last);
}

}  // namespace egd::cli
