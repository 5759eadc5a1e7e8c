#include "daemon/smtp_server/client_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "daemon/net/server_handshake.h"

namespace egd::smtp_server {
namespace {

namespace asio = boost::asio;

constexpr size_t kContentReadBytes = 32 * 1024;
constexpr size_t kMostSkipped = 64 * 1024;  // of an endless line; after it the connection is cut

// IPv4 clients of an IPv6 listener are shown as what they are.
std::string ShownAddress(net::Socket& socket) {
  std::string address = net::DescribePeer(socket).address;
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped) && address.find('.') != std::string::npos) {
    address.erase(0, kMapped.size());
  }
  return address;
}

}  // namespace

ClientStream::ClientStream(net::Socket socket)
    : socket_(std::move(socket)), watchdog_(socket_.get_executor(), [this] { Cut(); }) {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  address_ = ShownAddress(socket_);
}

net::Task<ClientStream::ErrorCode> ClientStream::ReadSome(size_t most) {
  const size_t filled = buffer_.size();
  buffer_.resize(filled + most);
  const auto space = asio::buffer(buffer_.data() + filled, most);
  ErrorCode error;
  size_t size = 0;
  if (tls_) {
    std::tie(error, size) = co_await tls_->async_read_some(space, net::kAwaitTuple);
  } else {
    std::tie(error, size) = co_await socket_.async_read_some(space, net::kAwaitTuple);
  }
  buffer_.resize(filled + size);
  co_return error;
}

void ClientStream::Consume(size_t bytes) {
  start_ += bytes;
  if (start_ < buffer_.size()) return;
  start_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > 2 * kReadBytes) buffer_.shrink_to_fit();
}

net::Task<ClientStream::Line> ClientStream::ReadLine(size_t longest, milliseconds timeout) {
  Line line;
  size_t skipped = 0;
  watchdog_.Set(timeout);
  for (;;) {
    const std::string_view have = buffered();
    if (skipped == 0 && have.starts_with("\x16\x03")) {  // RFC 8446 section 5.1: handshake
      line.got = Got::kTls;
      break;
    }
    const size_t end = have.find('\n');
    if (end != std::string_view::npos) {
      const bool crlf = end > 0 && have[end - 1] == '\r';
      line.text = have.substr(0, crlf ? end - 1 : end);
      line.bare_newline = !crlf || line.text.find('\r') != std::string::npos;
      line.got = skipped + line.text.size() > longest ? Got::kTooLong : Got::kLine;
      if (line.got == Got::kTooLong) line.text.clear();
      Consume(end + 1);
      break;
    }
    if (skipped + have.size() > longest) {
      skipped += have.size();
      Consume(have.size());
    }
    if (skipped > kMostSkipped) {
      line.got = Got::kEndless;
      break;
    }
    if (!out_.empty()) {
      const bool flushed = co_await Flush(timeout);
      if (!flushed) {
        line.got = cut_ ? Got::kCut : Got::kGone;
        break;
      }
      watchdog_.Set(timeout);
    }
    if (cut_) {
      line.got = Got::kCut;
      break;
    }
    if (start_ > 0) {
      buffer_.erase(0, start_);
      start_ = 0;
    }
    const ErrorCode error = co_await ReadSome(kReadBytes);
    if (cut_ || error) {
      line.got = cut_ ? Got::kCut : Got::kGone;
      break;
    }
  }
  watchdog_.Clear();
  co_return line;
}

bool ClientStream::HasSpoken() {
  ErrorCode error;
  const size_t waiting = socket_.available(error);
  if (error || waiting == 0) return false;
  if (tls_) return true;
  buffer_.resize(std::min(waiting, kReadBytes));
  const size_t size = socket_.read_some(asio::buffer(buffer_), error);
  buffer_.resize(error ? 0 : size);
  return !buffer_.empty();
}

net::Task<ClientStream::Got> ClientStream::ReadMore(milliseconds timeout) {
  watchdog_.Set(timeout);
  if (!out_.empty()) {
    const bool flushed = co_await Flush(timeout);
    if (!flushed) co_return cut_ ? Got::kCut : Got::kGone;
    watchdog_.Set(timeout);
  }
  if (cut_) co_return Got::kCut;
  const ErrorCode error = co_await ReadSome(kContentReadBytes);
  watchdog_.Clear();
  if (cut_) co_return Got::kCut;
  co_return error ? Got::kGone : Got::kLine;
}

net::Task<bool> ClientStream::Flush(milliseconds timeout) {
  if (out_.empty()) co_return true;
  watchdog_.Set(timeout);
  const auto bytes = asio::buffer(out_);
  ErrorCode error;
  size_t size = 0;
  if (tls_) {
    std::tie(error, size) = co_await asio::async_write(*tls_, bytes, net::kAwaitTuple);
  } else {
    std::tie(error, size) = co_await asio::async_write(socket_, bytes, net::kAwaitTuple);
  }
  watchdog_.Clear();
  std::string().swap(out_);
  co_return !error;
}

net::Task<ClientStream::Handshake> ClientStream::StartTls(TlsContext context,
                                                          milliseconds timeout) {
  buffer_.clear();
  start_ = 0;
  context_ = std::move(context);
  tls_ = std::make_unique<asio::ssl::stream<net::Socket&>>(socket_, *context_);
  watchdog_.Set(timeout);
  const auto [error] =
      co_await tls_->async_handshake(asio::ssl::stream_base::server, net::kAwaitTuple);
  watchdog_.Clear();
  Handshake handshake;
  if (error) {
    const net::HandshakeTrouble trouble =
        net::ExplainServerHandshake(tls_->native_handle(), error, cut_);
    handshake.problem = trouble.problem;
    handshake.remedy = trouble.remedy;
  }
  co_return handshake;
}

std::string ClientStream::DescribeTls() const {
  return tls_ ? net::DescribeServerTls(tls_->native_handle()) : "";
}

void ClientStream::Cut() {
  cut_ = true;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

bool ClientStream::HasUnread() {
  ErrorCode error;
  return !buffered().empty() || socket_.available(error) > 0;
}

net::Task<void> ClientStream::Close(milliseconds timeout) {
  ErrorCode error;
  const auto until = std::chrono::steady_clock::now() + timeout;
  cut_ = false;
  watchdog_.Set(timeout);
  if (tls_) co_await tls_->async_shutdown(net::kAwaitTuple);
  socket_.shutdown(net::Socket::shutdown_send, error);
  while (!error && !cut_ && HasUnread() && std::chrono::steady_clock::now() < until) {
    buffer_.resize(kReadBytes);
    const auto space = asio::buffer(buffer_);
    const auto outcome = co_await socket_.async_read_some(space, net::kAwaitTuple);
    error = std::get<0>(outcome);
  }
  watchdog_.Clear();
  socket_.close(error);
}

}  // namespace egd::smtp_server
