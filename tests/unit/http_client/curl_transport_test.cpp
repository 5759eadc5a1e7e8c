// Real requests to a listener on loopback: whom the transport connects to, and whom it must not.
#include "daemon/http_client/curl_transport.h"

#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace egd::http_client {
namespace {

using std::chrono::milliseconds;

// Answers one connection with 200, when told to; counts who came.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_, generic, size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }
  int visitors() const { return visitors_; }
  // Answers whoever waits.
  void Serve() {
    const int client = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    ++visitors_;
    constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    REQUIRE(::send(client, kReply.data(), kReply.size(), MSG_NOSIGNAL) == ssize_t(kReply.size()));
    ::shutdown(client, SHUT_WR);
    pollfd gone{client, POLLIN, 0};
    char bytes[4096];
    while (::poll(&gone, 1, 0) > 0 && ::recv(client, bytes, sizeof bytes, 0) > 0) {
    }
    ::close(client);
  }

 private:
  int socket_;
  int port_ = 0;
  int visitors_ = 0;
};

const core::IpAddress kLoopback = *core::IpAddress::Parse("127.0.0.1");
const core::AddressGuard kOpenGuard{{*core::IpNetwork::Parse("127.0.0.0/8")}};

// A post to `to`, whatever `guard` says of it, with both listeners served meanwhile.
HttpReply Post(const core::AddressGuard& guard, Listener& to, Listener& other) {
  CurlTransport transport({milliseconds(5000), "", 4096, true}, guard);
  OutgoingRequest request;
  request.host = "hooks.example";
  request.port = to.port();
  request.url = "http://hooks.example:" + std::to_string(to.port()) + "/";
  request.addresses = {kLoopback};
  request.body = "{}";
  HttpReply reply;
  bool ended = false;
  transport.Start(request, [&](HttpReply got) {
    reply = std::move(got);
    ended = true;
  });
  while (!ended) {  // at the latest by the transport's time-out
    transport.Run(milliseconds(10));
    to.Serve();
    other.Serve();
  }
  return reply;
}

// Set for one test; the transport reads it when a request starts.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~EnvironmentVariable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("an allowed address is connected to") {
  Listener hook, other;
  const HttpReply reply = Post(kOpenGuard, hook, other);
  CHECK(reply.error == "");
  CHECK(reply.status == 200);
  CHECK(reply.body == "ok");
  CHECK(hook.visitors() == 1);
}

TEST_CASE("no socket is opened to a forbidden address, though the caller had it checked") {
  Listener hook, other;
  const HttpReply reply = Post(core::AddressGuard(std::vector<core::IpNetwork>{}), hook, other);
  CHECK(reply.status == 0);
  CHECK(reply.error == "The host's address is forbidden");
  CHECK(hook.visitors() == 0);
}

TEST_CASE("no proxy of the environment is asked") {
  Listener hook, proxy;
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  const EnvironmentVariable http("http_proxy", url), all("ALL_PROXY", url);
  const HttpReply reply = Post(kOpenGuard, hook, proxy);
  CHECK(reply.status == 200);
  CHECK(proxy.visitors() == 0);
  CHECK(hook.visitors() == 1);
}

}  // namespace egd::http_client
