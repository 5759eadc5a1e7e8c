#include "tests/unit/http_server/client.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace egd::http_server::test {
namespace {

int ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return made;
  ::close(made);
  return -1;
}

int ConnectTcp(const std::string& address) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port =
      htons(static_cast<uint16_t>(std::atoi(address.substr(address.find(':') + 1).c_str())));
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(made, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0) return made;
  ::close(made);
  return -1;
}

}  // namespace

Client::Client(const std::string& address)
    : socket_(address.front() == '/' ? ConnectUnix(address) : ConnectTcp(address)) {
  if (socket_ < 0) throw std::runtime_error("cannot connect to " + address);
  const timeval limit{5, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

bool Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void Client::FinishSending() {
  ::shutdown(socket_, SHUT_WR);
}

bool Client::Fill() {
  char bytes[16384];
  const ssize_t size = ::recv(socket_, bytes, sizeof(bytes), 0);
  if (size > 0) pending_.append(bytes, static_cast<size_t>(size));
  return size > 0;
}

Client::Reply Client::Read() {
  size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return {};
  }
  Reply reply;
  reply.head = pending_.substr(0, end + 4);
  reply.status = std::atoi(reply.head.substr(9, 3).c_str());
  const size_t field = reply.head.find("Content-Length: ");
  const size_t length =
      field == std::string::npos ? 0 : std::strtoul(&reply.head[field + 16], nullptr, 10);
  while (pending_.size() < end + 4 + length) {
    if (!Fill()) return {};
  }
  reply.body = pending_.substr(end + 4, length);
  pending_.erase(0, end + 4 + length);
  return reply;
}

std::string Client::ReadToEnd() {
  while (Fill()) {
  }
  return std::exchange(pending_, {});
}

bool Client::Readable(std::chrono::milliseconds within) {
  pollfd waiting{socket_, POLLIN, 0};
  return !pending_.empty() || ::poll(&waiting, 1, int(within.count())) > 0;
}

bool Client::AtEnd() {
  char byte;
  return pending_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
}

}  // namespace egd::http_server::test
