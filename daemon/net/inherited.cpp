#include "daemon/net/inherited.h"

#include <cstdlib>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/listener.h"
#include "shared/base/strings.h"

namespace egd::net {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr int64_t kMost = 1024;

std::optional<int64_t> Number(const char* variable) {
  const char* text = std::getenv(variable);
  return text ? ParseInteger(text) : std::nullopt;
}

// Without LISTEN_PID they were meant for the process that started this one.
int Count() {
  const auto count = Number("LISTEN_FDS");
  if (!count || *count < 0 || *count > kMost || Number("LISTEN_PID") != getpid()) return 0;
  return int(*count);
}

// Empty: it is no listening stream.
std::string AddressOf(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens) {
    return {};
  }
  sockaddr_storage address{};
  size = sizeof address;
  auto* const bytes = reinterpret_cast<sockaddr*>(&address);
  return ::getsockname(descriptor, bytes, &size) == 0 ? AddressText(*bytes) : std::string();
}

}  // namespace

std::vector<std::string> InheritedAddresses() {
  std::vector<std::string> addresses;
  for (int i = 0; i < Count(); ++i) addresses.push_back(AddressOf(kFirst + i));
  return addresses;
}

std::optional<int> DuplicateInherited(const std::string& address) {
  const auto addresses = InheritedAddresses();
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (addresses[i] != address) continue;
    const int copy = ::fcntl(kFirst + int(i), F_DUPFD_CLOEXEC, kFirst);
    return copy >= 0 ? std::optional(copy) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace egd::net
