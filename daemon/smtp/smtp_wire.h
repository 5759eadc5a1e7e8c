// One TCP connection to a mail server, plain or under TLS: bytes out, replies in, each with a
// deadline. Knows nothing of the dialogue. Lives on one executor's thread.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "daemon/core/ip_network.h"
#include "daemon/core/tlsa.h"
#include "daemon/net/task.h"
#include "daemon/smtp/smtp_reply.h"

namespace egd::smtp {

// Runs `expire` when a deadline passes. Setting one is an assignment: the timer behind it is armed
// again only for an earlier deadline than it waits for, so a dialogue of many short steps costs few
// timers.
class Watchdog {
 public:
  Watchdog(net::Executor executor, std::function<void()> expire);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void Set(std::chrono::milliseconds from_now);
  void Clear();

 private:
  struct State;
  static void Arm(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

class SmtpWire {
 public:
  using Timeout = std::chrono::milliseconds;

  explicit SmtpWire(net::Executor executor);
  SmtpWire(const SmtpWire&) = delete;
  SmtpWire& operator=(const SmtpWire&) = delete;

  // These return what went wrong, in words; empty: nothing. After trouble the wire is closed,
  // except after a failed Write: the server may have said why.
  net::Task<std::string> Connect(core::IpAddress address, uint16_t port, Timeout timeout);
  // Unread bytes came before the encryption, so anyone may have written them: they are discarded
  // (RFC 3207 section 5). `host` as in net::ExpectPeer; `strong` as in net::DemandStrength; `dane`, which
  // goes before both, as in net::DemandDane.
  net::Task<std::string> StartTls(boost::asio::ssl::context& context, std::string host, bool strong,
                                  Timeout timeout, core::TlsaPtr dane = nullptr);
  net::Task<std::string> Write(std::string_view bytes,
                               Timeout timeout);  // bytes: valid until it returns

  // The next reply; code 0, "4.4.2" and why, when none comes in time. Closes the wire then.
  net::Task<SmtpReply> Read(Timeout timeout);

  bool HasUnread() const { return !unread_.empty(); }
  bool IsOpen() const { return socket_.is_open(); }
  void Close();  // whoever waits on the wire gets an answer at once
  const std::string& tls() const {
    return tls_description_;
  }  // as net::DescribeTls; empty: plain text

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, net::Executor>;
  using ErrorCode = boost::system::error_code;

  std::string Explain(const ErrorCode& error) const;
  std::string CloseOn(const ErrorCode& error);

  Socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
  std::string tls_description_;
  ReplyParser parser_;
  std::array<char, 4096> buffer_;  // a pipelined group's replies come in one piece
  std::string_view unread_;        // within buffer_
  bool timed_out_ = false;
  Watchdog watchdog_;  // last: expires into the members above
};

}  // namespace egd::smtp
