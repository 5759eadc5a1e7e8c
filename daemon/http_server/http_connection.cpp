// One client's connection as one coroutine: read a request, have it answered, write the reply,
// again. Every wait has a deadline; whatever ends it early ends the connection, and nothing else.
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "daemon/http_server/chunk_decoder.h"
#include "daemon/http_server/http_loop.h"
#include "daemon/http_server/request_parser.h"
#include "daemon/net/spawn.h"
#include "shared/base/log.h"

namespace egd::http_server {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;
using TlsStream = asio::ssl::stream<net::Socket>;

using net::kAwait;
using net::kAwaitTuple;
using net::Task;

constexpr size_t kReadSize = 4096;  // holds nearly every request without its body
constexpr size_t kBodyStep =
    64 * 1024;  // memory is taken as bytes come, not as Content-Length promises

// What became of reading: a status to refuse with, or one of these.
constexpr int kComplete = 0;
constexpr int kGone = -1;  // the client left, or was cut while idle

// What one connection holds of the Shares: its request from the first byte of the body on, then its
// reply until that is sent.
class Charge {
 public:
  explicit Charge(Shares& shares) : shares_(shares) {}
  ~Charge() { Release(); }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

  void Begin(Shares::Holders holders) {
    Release();
    holders_ = std::move(holders);
  }
  // False, and what was held stays so, when there is no room for more. The small is free: counting
  // it would cost more than it weighs, and a refusal as much as itself.
  bool MoveTo(size_t bytes) {
    constexpr size_t kFree = 4096;
    const size_t wanted = bytes <= kFree ? 0 : bytes;
    if (wanted > held_ && !shares_.Take(holders_, wanted - held_)) return false;
    if (wanted < held_) shares_.Return(holders_, held_ - wanted);
    held_ = wanted;
    return true;
  }
  void Release() { MoveTo(0); }

 private:
  Shares& shares_;
  Shares::Holders holders_;
  size_t held_ = 0;
};

// Demands a least speed: in each window its bytes. A window that has them ends at once, so bytes
// saved up count for nothing.
class LeastSpeed {
 public:
  explicit LeastSpeed(const EdgeOptions& options)
      : window_(options.progress_window),
        bytes_(options.min_bytes_per_second * uint64_t(window_.count()) / 1000),
        left_(bytes_),
        deadline_(steady_clock::now() + window_) {}

  void Add(size_t bytes) {
    left_ -= std::min<uint64_t>(left_, bytes);
    if (left_ > 0) return;
    left_ = bytes_;
    deadline_ = steady_clock::now() + window_;
  }
  TimePoint deadline() const { return deadline_; }

 private:
  const milliseconds window_;
  const uint64_t bytes_;
  uint64_t left_;
  TimePoint deadline_;
};

// Brings a reply from any thread back to the coroutine on its own.
template <typename Handler>
class PendingAnswer : public Responder::Pending {
 public:
  PendingAnswer(net::Executor executor, Handler handler)
      : executor_(executor), handler_(std::move(handler)) {}
  void Complete(HttpResponse response) override {
    asio::post(executor_,
               [handler = std::move(handler_), response = std::move(response)]() mutable {
                 std::move(handler)(std::move(response));
               });
  }

 private:
  net::Executor executor_;
  Handler handler_;
};

template <typename Stream>
class HttpConnection : public Connection {
 public:
  HttpConnection(HttpLoop& loop, Stream stream, bool is_local)
      : Connection(loop, is_local),
        state_(loop.state()),
        options_(state_.options),
        stream_(std::move(stream)),
        charge_(state_.shares),
        peer_(net::DescribePeer(Lowest())) {}

  Task<void> Run(bool refuse) {
    if (!co_await Handshake()) co_return;
    bool keep = true;
    if (refuse) keep = co_await Refuse(503);
    while (keep) keep = co_await Exchange();
    if (replied_) co_await Close();
  }

  void Cut() override {
    ErrorCode ignored;
    Lowest().cancel(ignored);
  }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  net::Socket& Lowest() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  Task<bool> Handshake() {
    if constexpr (kTls) {
      Enter(Phase::kReceiving, steady_clock::now() + options_.head_timeout);
      const auto [error] = co_await stream_.async_handshake(Stream::server, kAwaitTuple);
      co_return !error;
    }
    co_return true;
  }

  // One request and its reply. Says whether the connection goes on.
  Task<bool> Exchange() {
    RequestParser parser({options_.max_headers, options_.max_body_bytes});
    int verdict = co_await ReadHead(parser);
    if (verdict == kComplete) {
      charge_.Begin(Shares::HoldersOf(peer_.address, parser.request()));
      if (AsksFirst(parser)) {
        HttpResponse answer = co_await Admit(parser.request());
        if (!answer.message.empty()) {
          co_await Send(std::move(answer.message), false, false);
          co_return false;
        }
      }
      verdict = co_await ReadBody(parser);
    }
    if (verdict == kGone) co_return false;
    if (verdict != kComplete) co_return co_await Refuse(verdict);

    HttpResponse response = co_await Handle(parser.request());
    if (response.message.empty()) co_return co_await Refuse(500);
    if (!charge_.MoveTo(response.message.size())) co_return co_await Refuse(503);
    const bool chunked = response.more && parser.takes_chunks();
    const bool framed = chunked || !response.more;
    const bool keep = framed && parser.keep_alive() && !loop_.draining();
    bool sent = co_await Send(std::move(response.message), keep, chunked);
    if (sent && response.more) sent = co_await SendPieces(std::move(response.more), chunked);
    charge_.Release();
    co_return sent&& keep;
  }

  // Whether who is asking can be known before a large body is read. The operator is known already.
  bool AsksFirst(RequestParser& parser) const {
    if (!state_.admitter || is_local()) return false;
    const bool large = parser.chunked() || parser.content_length() > options_.max_unknown_bytes;
    return large && Shares::HoldersOf(peer_.address, parser.request()).size() > 1;
  }

  Task<HttpResponse> Admit(const HttpRequest& head) {
    Enter(Phase::kHandling, TimePoint::max());
    HttpRequest asked = head;
    asked.peer_address = peer_.address;
    const auto initiate = [this, &asked](auto handler) {
      state_.admitter(std::move(asked),
                      Responder(std::make_unique<PendingAnswer<decltype(handler)>>(
                          loop_.executor(), std::move(handler))));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<net::Executor>,
                                            void(HttpResponse)>(initiate, kAwait);
  }

  // The body of a response that is made while the client takes it.
  Task<bool> SendPieces(std::function<void(Responder)> more, const bool chunked) {
    replied_ = false;  // whole only at its end
    while (more) {
      HttpResponse piece = co_await Next(more);
      if (!piece.more && !piece.last) co_return false;
      if (!charge_.MoveTo(piece.message.size())) co_return false;
      if (!co_await SendPiece(std::move(piece.message), chunked)) co_return false;
      more = std::move(piece.more);
    }
    const std::string_view end = chunked ? "0\r\n\r\n" : "";
    replied_ = co_await Write(end);
    co_return replied_;
  }

  Task<HttpResponse> Next(const std::function<void(Responder)>& more) {
    Enter(Phase::kHandling, TimePoint::max());
    const auto initiate = [this, &more](auto handler) {
      more(Responder(std::make_unique<PendingAnswer<decltype(handler)>>(loop_.executor(),
                                                                        std::move(handler))));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<net::Executor>,
                                            void(HttpResponse)>(initiate, kAwait);
  }

  // As a chunk (RFC 9112 section 7.1), or as it is, up to the connection's end.
  Task<bool> SendPiece(std::string bytes, const bool chunked) {
    if (chunked && !bytes.empty()) {
      char size[20];
      std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
      bytes.insert(0, size);
      bytes += "\r\n";
    }
    co_return co_await Write(bytes);
  }

  Task<bool> Refuse(int status) {
    charge_.Release();
    HttpResponse response = state_.refuser(status, peer_.address);
    co_await Send(std::move(response.message), false, false);
    co_return false;
  }

  Task<int> ReadHead(RequestParser& parser) {
    size_t checked = 0;
    const TimePoint idle_until =
        steady_clock::now() + (served_ ? options_.idle_timeout : options_.head_timeout);
    Enter(Phase::kIdle, idle_until);
    replied_ = false;
    for (;;) {
      const HeadScan scan = ScanHead(Buffered(), checked);
      if (scan.state == HeadScan::State::kMalformed) co_return 400;
      if (scan.size > options_.max_head_bytes ||
          (scan.size == 0 && buffer_.size() >= options_.max_head_bytes)) {
        co_return 431;
      }
      if (scan.state == HeadScan::State::kComplete) {
        const int status = parser.ParseHead(Buffered().substr(0, scan.size));
        buffer_.consume(scan.size);
        co_return status;
      }
      if (buffer_.size() > 0 && phase() == Phase::kIdle) {
        Enter(Phase::kReceiving, steady_clock::now() + options_.head_timeout);
      }
      const int outcome = co_await ReadSome();
      if (outcome != kComplete) co_return phase() == Phase::kIdle ? kGone : outcome;
    }
  }

  Task<int> ReadBody(RequestParser& parser) {
    if (!parser.chunked() && parser.content_length() == 0) co_return kComplete;
    if (parser.expects_continue() && buffer_.size() == 0) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const bool sent = co_await Write(kContinue);
      if (!sent) co_return kGone;
    }
    int verdict = kComplete;
    if (parser.chunked()) {
      verdict = co_await ReadChunks(parser.request().body);
    } else {
      verdict = co_await ReadPlain(parser.request().body, parser.content_length());
    }
    co_return verdict;
  }

  Task<int> ReadPlain(std::string& body, const size_t length) {
    LeastSpeed speed(options_);
    size_t filled = std::min(buffer_.size(), length);
    body.assign(Buffered().substr(0, filled));
    buffer_.consume(filled);
    while (filled < length) {
      if (filled == body.size())
        body.resize(std::min(length, filled + std::max(filled, kBodyStep)));
      if (!charge_.MoveTo(body.size())) co_return 503;
      Enter(Phase::kReceiving, speed.deadline());
      const auto space = asio::buffer(body.data() + filled, body.size() - filled);
      const auto [error, size] = co_await stream_.async_read_some(space, kAwaitTuple);
      if (error) co_return StatusOf(error);
      filled += size;
      speed.Add(size);
    }
    co_return kComplete;
  }

  Task<int> ReadChunks(std::string& body) {
    LeastSpeed speed(options_);
    ChunkDecoder decoder(options_.max_body_bytes, options_.max_headers);
    for (;;) {
      size_t used = 0;
      const int status = decoder.Decode(Buffered(), used, body);
      buffer_.consume(used);
      if (status != 0) co_return status;
      if (decoder.complete()) co_return kComplete;
      if (buffer_.size() >= options_.max_head_bytes) co_return 400;  // a line without end
      if (!charge_.MoveTo(body.size())) co_return 503;
      Enter(Phase::kReceiving, speed.deadline());
      const size_t before = buffer_.size();
      const int outcome = co_await ReadSome();
      if (outcome != kComplete) co_return outcome;
      speed.Add(buffer_.size() - before);
    }
  }

  // More bytes into buffer_.
  Task<int> ReadSome() {
    const auto space = buffer_.prepare(kReadSize);
    const auto [error, size] = co_await stream_.async_read_some(space, kAwaitTuple);
    buffer_.commit(size);
    co_return StatusOf(error);
  }

  // Half a request is worth an answer: its sender may have shut down only its own side.
  static int StatusOf(const ErrorCode& error) {
    if (!error) return kComplete;
    if (error == asio::error::operation_aborted) return 408;
    if (error == asio::error::eof) return 400;
    return kGone;
  }

  Task<HttpResponse> Handle(HttpRequest& request) {
    Enter(Phase::kHandling, TimePoint::max());
    request.peer_address = peer_.address;
    request.peer_uid = peer_.uid;
    served_ = true;
    const auto initiate = [this, &request](auto handler) {
      auto pending =
          std::make_unique<PendingAnswer<decltype(handler)>>(loop_.executor(), std::move(handler));
      state_.handler(std::move(request), Responder(std::move(pending)));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<net::Executor>,
                                            void(HttpResponse)>(initiate, kAwait);
  }

  Task<bool> Send(std::string message, const bool keep, const bool chunked) {
    const size_t status_line = message.find("\r\n") + 2;
    if (chunked) message.insert(status_line, "Transfer-Encoding: chunked\r\n");
    message.insert(status_line, keep ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    message.insert(status_line, loop_.DateLine());
    replied_ = co_await Write(message);
    co_return replied_;
  }

  Task<bool> Write(std::string_view bytes) {
    LeastSpeed speed(options_);
    ErrorCode failure;
    size_t written = WriteAtOnce(bytes, failure);
    while (written < bytes.size() && !failure) {
      Enter(Phase::kSending, speed.deadline());
      const auto rest = asio::buffer(bytes.data() + written, bytes.size() - written);
      const auto [error, size] = co_await stream_.async_write_some(rest, kAwaitTuple);
      failure = error;
      written += size;
      speed.Add(size);
    }
    co_return !failure;
  }

  // Nearly every reply fits the socket's buffer: then waiting would only cost a turn of the loop.
  size_t WriteAtOnce([[maybe_unused]] std::string_view bytes, [[maybe_unused]] ErrorCode& failure) {
    if constexpr (kTls) {
      return 0;
    } else {
      const size_t written = stream_.write_some(asio::buffer(bytes), failure);
      if (failure == asio::error::would_block) failure = {};
      return written;
    }
  }

  // Closing with unread input would reset the connection and could take the last reply with it; so
  // the client gets a moment to finish.
  Task<void> Close() {
    Enter(Phase::kClosing, steady_clock::now() + options_.linger_timeout);
    ErrorCode error;
    if constexpr (kTls) co_await stream_.async_shutdown(kAwaitTuple);
    Lowest().shutdown(net::Socket::shutdown_send, error);
    while (!error && steady_clock::now() < deadline()) {
      buffer_.clear();
      const auto space = buffer_.prepare(kReadSize);
      const auto outcome = co_await Lowest().async_read_some(space, kAwaitTuple);
      error = std::get<0>(outcome);
    }
  }

  std::string_view Buffered() const {
    return {static_cast<const char*>(buffer_.cdata().data()), buffer_.size()};
  }

  EdgeState& state_;
  const EdgeOptions& options_;
  Stream stream_;
  Charge charge_;
  const net::Peer peer_;
  boost::beast::flat_buffer buffer_;
  bool served_ = false;   // at least one request
  bool replied_ = false;  // and nothing begun since
};

template <typename Stream>
Task<void> RunConnection(HttpLoop& loop, Stream stream, [[maybe_unused]] TlsContext keep,
                         [[maybe_unused]] ConnectionPlace place, bool is_local, bool refuse) {
  HttpConnection<Stream> connection(loop, std::move(stream), is_local);
  co_await connection.Run(refuse);
}

template <typename Stream>
void Start(HttpLoop& loop, Stream stream, TlsContext tls, ConnectionPlace place, bool is_local,
           bool refuse) {
  net::Spawn(
      loop.executor(),
      RunConnection(loop, std::move(stream), std::move(tls), std::move(place), is_local, refuse),
      "connection threw");
}

}  // namespace

void Serve(HttpLoop& loop, net::Socket socket, TlsContext tls, ConnectionPlace place, bool is_local,
           bool refuse) {
  ErrorCode ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);  // fails on a Unix socket, rightly
  socket.non_blocking(true, ignored);
  if (tls) {
    Start(loop, TlsStream(std::move(socket), *tls), tls, std::move(place), is_local, refuse);
  } else {
    Start(loop, std::move(socket), nullptr, std::move(place), is_local, refuse);
  }
}

}  // namespace egd::http_server
