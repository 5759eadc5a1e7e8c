// An SMTP server that plays a written dialogue, on the test's own io_context: no threads, no
// sleeps.
//
//   S: 220 hello            says this line; consecutive lines leave in one packet
//   C: EHLO client.example  expects exactly this line
//   C* RCPT TO:             expects a line that begins so
//   X: content              takes content up to the final dot (see contents())
//   X: take 100             takes that many bytes and no more
//   X: tls                  becomes a TLS server (self-signed certificate)
//   X: slowly               from here on, says one byte a packet
//   X: dot                  takes a lone dot
//   X: hang                 waits for the client to leave
//   X: stall                stops reading until the test stops the server
//   X: close / X: reset     hangs up politely / with a TCP reset
//
// After the last line it closes. Each connection plays the next script; more connections are a
// problem.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/net/task.h"

namespace egd::smtp_client {

class ScriptedServer {
 public:
  ScriptedServer(boost::asio::io_context& context, std::vector<std::string> scripts);

  uint16_t port() const { return port_; }
  size_t connections() const { return connections_; }
  std::string certificate() const;  // PEM
  const std::vector<std::string>& contents() const {
    return contents_;
  }  // as sent, without the dot
  // What did not go as written; empty after a test that went well.
  const std::vector<std::string>& problems() const { return problems_; }
  void Stop();

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, net::Executor>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        net::Executor>;
  struct Peer {
    explicit Peer(Socket accepted) : socket(std::move(accepted)) {}
    Socket socket;
    std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls;
    std::string unread;
    bool slowly = false;
  };

  net::Task<void> Accept();
  net::Task<void> Play(Socket socket, std::string script);
  net::Task<bool> Act(Peer& peer, std::string action);
  net::Task<bool> Say(Peer& peer, std::string text);
  net::Task<bool> ReadMore(Peer& peer);
  net::Task<std::string> ReadUntil(Peer& peer, std::string end);

  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::Executor> acceptor_;
  uint16_t port_;
  std::vector<std::string> scripts_;
  size_t connections_ = 0;
  Timer stopped_;
  std::vector<std::string> contents_;
  std::vector<std::string> problems_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
};

// A server context with a fresh self-signed certificate for "mx.example.com".
std::shared_ptr<boost::asio::ssl::context> SelfSignedTlsContext();

}  // namespace egd::smtp_client
