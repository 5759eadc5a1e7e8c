// One client's connection: lines and octets in, replies out, plain or under TLS, each wait with a
// deadline that no trickle of bytes moves. Knows nothing of the dialogue. Lives on one executor's
// thread; at rest it holds 4 KiB and what TLS needs.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ssl/stream.hpp>

#include "daemon/net/listener.h"
#include "daemon/net/task.h"
#include "daemon/smtp/smtp_wire.h"

namespace egd::smtp_server {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;
using std::chrono::milliseconds;

class ClientStream {
 public:
  static constexpr size_t kReadBytes = 4096;  // a pipelined group comes in one piece

  explicit ClientStream(net::Socket socket);
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  enum class Got {
    kLine,
    kTooLong,  // and skipped up to its end
    kEndless,  // longer than is worth skipping
    kTls,      // what comes is a TLS handshake that nobody expects
    kGone,     // the client has left
    kCut,      // by Cut or a deadline
  };
  struct Line {
    Got got = Got::kGone;
    std::string text;           // without its end
    bool bare_newline = false;  // ended by LF alone, or with a CR in it
  };
  // The next line of at most `longest` bytes, whole within `timeout`. What was queued goes out
  // before it waits.
  net::Task<Line> ReadLine(size_t longest, milliseconds timeout);

  // Whether bytes came before anybody asked for them; takes them into the buffer.
  bool HasSpoken();
  // More bytes into the buffer, which has none: of content, in large pieces.
  net::Task<Got> ReadMore(milliseconds timeout);
  std::string_view buffered() const { return std::string_view(buffer_).substr(start_); }
  void Consume(size_t bytes);
  bool HasWholeLine() const { return buffered().find('\n') != std::string_view::npos; }

  void Queue(std::string_view reply) { out_.append(reply); }
  bool WantsFlush() const { return out_.size() > kReadBytes; }
  net::Task<bool> Flush(milliseconds timeout);

  // What went wrong, in words, and what to change; both empty: nothing. Bytes that came before the
  // handshake are discarded: anyone may have written them (RFC 3207 section 4).
  struct Handshake {
    std::string problem, remedy;
  };
  net::Task<Handshake> StartTls(TlsContext context, milliseconds timeout);
  bool secured() const { return tls_ != nullptr; }
  std::string DescribeTls() const;

  // Ends the wait in progress, and every later one; the stream can still be written to.
  void Cut();
  // Ends TLS and the output; while there is input, discards it until the client leaves or the time
  // is up.
  net::Task<void> Close(milliseconds timeout);

  void Abandon() { out_.clear(); }  // after a failed handshake nothing can be said
  const std::string& address() const { return address_; }
  net::Executor executor() { return socket_.get_executor(); }

 private:
  using ErrorCode = boost::system::error_code;
  net::Task<ErrorCode> ReadSome(size_t most);
  bool HasUnread();

  net::Socket socket_;
  TlsContext context_;
  std::unique_ptr<boost::asio::ssl::stream<net::Socket&>> tls_;
  std::string address_;
  std::string buffer_, out_;
  size_t start_ = 0;  // of what is not consumed in buffer_
  bool cut_ = false;
  smtp::Watchdog watchdog_;  // last: expires into the members above
};

}  // namespace egd::smtp_server
