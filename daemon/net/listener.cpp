#include "daemon/net/listener.h"

#include <cstring>
#include <filesystem>

#include <arpa/inet.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/net/inherited.h"
#include "shared/base/strings.h"

namespace egd::net {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using Endpoint = stream_protocol::endpoint;
using ErrorCode = boost::system::error_code;

Error Cannot(const std::string& address, const std::string& why) {
  return InvalidArgument("cannot listen on " + address + ": " + why);
}

std::optional<asio::ip::tcp::endpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = ParseInteger(text.substr(colon + 1));
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  ErrorCode error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (error || address.is_v6() != bracketed || !port || *port < 0 || *port > 65535) {
    return std::nullopt;
  }
  return asio::ip::tcp::endpoint(address, static_cast<uint16_t>(*port));
}

asio::ip::tcp::endpoint ToTcp(const Endpoint& generic) {
  asio::ip::tcp::endpoint endpoint;
  std::memcpy(endpoint.data(), generic.data(), std::min(generic.size(), endpoint.capacity()));
  return endpoint;
}

std::string Why(int error_number) {
  return ErrorCode(error_number, boost::system::system_category()).message();
}

// Does somebody accept connections on this path?
bool IsAlive(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const int outcome =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const bool alive = outcome == 0 || errno == EAGAIN;  // EAGAIN: alive with a full backlog
  ::close(probe);
  return alive;
}

Result<void> ClearPath(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return Cannot(path, "a file that is not a socket is in the way");
  if (IsAlive(address)) return Cannot(path, "another process is listening there");
  if (::unlink(path.c_str()) != 0) return Cannot(path, Why(errno));
  return {};
}

bool IsV6Only(int descriptor) {
  int only = 0;
  socklen_t size = sizeof only;
  return ::getsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) == 0 && only;
}

// Takes the descriptor of a socket that listens already.
Result<Acceptor> Adopt(const Executor& executor, const Endpoint& endpoint, int descriptor,
                       const std::string& name) {
  Acceptor acceptor(executor);
  ErrorCode error;
  acceptor.assign(endpoint.protocol(), descriptor, error);
  if (error) {
    ::close(descriptor);
    return Cannot(name, error.message());
  }
  if (endpoint.protocol().family() == AF_INET6 && !IsV6Only(descriptor)) {
    return Cannot(name, "the socket handed over also takes IPv4: set BindIPv6Only=ipv6-only");
  }
  return acceptor;
}

Result<Acceptor> Open(const Executor& executor, const Endpoint& endpoint, const std::string& name) {
  Acceptor acceptor(executor);
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return Cannot(name, error.message());
  const int family = endpoint.protocol().family();
  if (family != AF_UNIX) acceptor.set_option(Acceptor::reuse_address(true), error);
  // Separate sockets for 0.0.0.0 and [::], so that peers show their own kind of address.
  if (family == AF_INET6) acceptor.set_option(asio::ip::v6_only(true), error);
  acceptor.bind(endpoint, error);
  if (error) return Cannot(name, error.message());
  if (family == AF_UNIX && ::chmod(name.c_str(), 0666) != 0) {
    return Cannot(name, Why(errno));
  }
  acceptor.listen(Acceptor::max_listen_connections, error);
  if (error) return Cannot(name, error.message());
  return acceptor;
}

}  // namespace

Result<Acceptor> ListenTcp(const Executor& executor, const std::string& address) {
  const auto endpoint = ParseEndpoint(address);
  if (!endpoint) return Cannot(address, "it is not of the form ip:port or [ip6]:port");
  const Endpoint generic(*endpoint);
  if (const auto inherited = DuplicateInherited(AddressText(*generic.data()))) {
    return Adopt(executor, generic, *inherited, address);
  }
  return Open(executor, generic, address);
}

Result<Acceptor> ListenUnix(const Executor& executor, const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path)) {
    return Cannot(
        path, "the path is longer than " + std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const Endpoint endpoint{asio::local::stream_protocol::endpoint(path)};
  if (const auto inherited = DuplicateInherited(path)) {
    return Adopt(executor, endpoint, *inherited, path);
  }
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return Cannot(path, error.message());
  if (const auto cleared = ClearPath(path, address); !cleared) return cleared.error();
  return Open(executor, endpoint, path);
}

std::string LocalAddress(const Acceptor& acceptor) {
  ErrorCode error;
  const Endpoint local = acceptor.local_endpoint(error);
  return error ? std::string() : AddressText(*local.data());
}

std::string AddressText(const sockaddr& address) {
  if (address.sa_family == AF_UNIX) {
    return reinterpret_cast<const sockaddr_un&>(address).sun_path;
  }
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return {};
  const size_t size = address.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  const auto endpoint = ToTcp(Endpoint(&address, size));
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

Peer DescribePeer(Socket& socket) {
  ErrorCode error;
  const Endpoint remote = socket.remote_endpoint(error);
  if (error) return {"unknown", std::nullopt};
  if (remote.protocol().family() != AF_UNIX)
    return {ToTcp(remote).address().to_string(), std::nullopt};
  ucred credentials{};
  credentials.uid = static_cast<uid_t>(-1);  // nobody's, should the kernel not answer
  socklen_t size = sizeof(credentials);
  ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size);
  return {"unix", credentials.uid};
}

}  // namespace egd::net
