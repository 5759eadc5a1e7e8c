// Listening sockets: "192.0.2.1:8025", "[2001:db8::1]:8025" and Unix paths. Internal to net and its
// tests.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "daemon/net/task.h"
#include "shared/base/result.h"

namespace egd::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Acceptor =
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, Executor>;

// Bound and listening. Port 0 takes a free one. A socket handed over for that address is used
// (inherited.h). Errors say in plain words which address and why.
Result<Acceptor> ListenTcp(const Executor& executor, const std::string& address);

// Creates the parent directory, replaces a socket nobody listens on, refuses one that is alive or a
// file that is not a socket. Mode 0666: who may do what is decided by the peer's uid and keys, not
// by the file.
Result<Acceptor> ListenUnix(const Executor& executor, const std::string& path);

std::string LocalAddress(const Acceptor& acceptor);  // "127.0.0.1:8025", "[::1]:8025" or the path
std::string AddressText(const sockaddr& address);    // the same; empty for other families

struct Peer {
  std::string address;       // "127.0.0.1", "::1" or "unix"
  std::optional<uid_t> uid;  // of a Unix peer, from the kernel (SO_PEERCRED)
};
Peer DescribePeer(Socket& socket);

}  // namespace egd::net
