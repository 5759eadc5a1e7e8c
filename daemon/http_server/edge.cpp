#include "daemon/http_server/edge.h"

#include <atomic>
#include <list>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "daemon/http_server/http_loop.h"
#include "daemon/net/listeners.h"
#include "daemon/net/tls_context.h"

namespace egd::http_server {
namespace {

namespace asio = boost::asio;

// A quarter, and where that is few, half: one client that takes all it may leaves most to the others,
// and a proxy with all the clients behind it still has enough. Sixteen is no danger to anybody.
size_t ShareOf(size_t max_connections) {
  return std::max(max_connections / 4,
                  std::min<size_t>(256, std::max<size_t>(max_connections / 2, 16)));
}

Shares::Limits LimitsOf(const EdgeOptions& options) {
  return {.connections = ShareOf(options.max_connections),
          .bytes = std::max<uint64_t>(options.max_held_bytes / 4, options.max_body_bytes),
          .total = options.max_held_bytes};
}

}  // namespace

EdgeState::EdgeState(EdgeOptions chosen, Edge::Handler handle, Edge::Refuser refuse,
                     Edge::Admitter admit)
    : options(std::move(chosen)),
      handler(std::move(handle)),
      refuser(std::move(refuse)),
      admitter(std::move(admit)),
      shares(LimitsOf(options)) {}

// Listeners live on the first loop and deal new sockets out to all, one after the other.
class Edge::Implementation {
 public:
  Implementation(EdgeOptions options, Handler handler, Refuser refuser, Admitter admitter)
      : state_(std::move(options), std::move(handler), std::move(refuser), std::move(admitter)) {}

  ~Implementation() {
    Interrupt();
    Join();
  }

  Result<void> Start() {
    if (const auto loaded = ReloadTls(); !loaded) return loaded;
    if (const auto opened = OpenAll(); !opened) {
      listeners_.Close();
      return opened;
    }
    listeners_.Accept();
    int number = 0;
    for (auto& loop : loops_) {
      loop.Start(state_.options.thread_name + "." + std::to_string(number++));
    }
    listening_ = true;
    return {};
  }

  void Interrupt() {
    if (!listening_.exchange(false)) return;
    asio::post(loops_.front().executor(), [this] { listeners_.Close(); });
    for (auto& loop : loops_) asio::post(loop.executor(), [&loop] { loop.Drain(); });
  }

  void Join() {
    for (auto& loop : loops_) loop.Join();
  }

  Result<void> ReloadTls() {
    const auto& options = state_.options;
    if (options.tls_certificate.empty()) return {};
    auto context = net::MakeServerTlsContext(options.tls_certificate, options.tls_key);
    if (!context) return context.error();
    state_.tls.With([&](TlsContext& current) { current = *context; });
    return {};
  }

  bool listening() const { return listening_; }

  void Ping(std::function<void()> pong) {
    if (!listening_) return pong();
    const auto left = std::make_shared<std::atomic<size_t>>(loops_.size());
    for (auto& loop : loops_) {
      asio::post(loop.executor(), [left, pong] {
        if (--*left == 0) pong();
      });
    }
  }

  const std::vector<std::string>& addresses() const { return listeners_.addresses(); }

 private:
  static std::list<HttpLoop> MakeLoops(EdgeState& state) {
    const auto threads = size_t(std::max(state.options.threads, 1));
    std::list<HttpLoop> loops;
    for (size_t i = 0; i < threads; ++i) {
      loops.emplace_back(state, std::max<size_t>(state.options.max_connections / threads, 1),
                         std::max<size_t>(state.options.max_local_connections / threads, 1));
    }
    return loops;
  }

  Result<void> OpenAll() {
    for (const auto& address : state_.options.listen) {
      if (auto opened = listeners_.OpenTcp(address, ChooserOf(false)); !opened) return opened;
    }
    if (state_.options.unix_socket.empty()) return {};
    return listeners_.OpenUnix(state_.options.unix_socket, ChooserOf(true));
  }

  net::Listeners::Choose ChooserOf(bool is_unix) {
    return [this, is_unix]() -> net::Listeners::Target {
      HttpLoop& loop = NextLoop();
      return {loop.executor(), [this, &loop, is_unix](net::Socket socket) {
                Deal(loop, std::move(socket), is_unix);
              }};
    };
  }

  void Deal(HttpLoop& loop, net::Socket socket, bool is_unix) {
    TlsContext tls =
        is_unix ? nullptr : state_.tls.With([](const TlsContext& current) { return current; });
    asio::dispatch(loop.executor(),
                   [&loop, is_unix, socket = std::move(socket), tls = std::move(tls)]() mutable {
                     loop.Adopt(std::move(socket), std::move(tls), is_unix);
                   });
  }

  HttpLoop& NextLoop() {
    auto& loop = *next_loop_;
    if (++next_loop_ == loops_.end()) next_loop_ = loops_.begin();
    return loop;
  }

  EdgeState state_;
  std::list<HttpLoop> loops_ = MakeLoops(state_);
  std::list<HttpLoop>::iterator next_loop_ = loops_.begin();
  net::Listeners listeners_{loops_.front().executor(), "connections"};
  std::atomic<bool> listening_{false};
};

Edge::Edge(EdgeOptions options, Handler handler, Refuser refuser, Admitter admitter)
    : implementation_(std::make_unique<Implementation>(std::move(options), std::move(handler),
                                                       std::move(refuser), std::move(admitter))) {}
Edge::~Edge() = default;
Result<void> Edge::Start() {
  return implementation_->Start();
}
void Edge::Interrupt() {
  implementation_->Interrupt();
}
void Edge::Join() {
  implementation_->Join();
}
Result<void> Edge::ReloadTls() {
  return implementation_->ReloadTls();
}
bool Edge::listening() const {
  return implementation_->listening();
}
void Edge::Ping(std::function<void()> pong) {
  implementation_->Ping(std::move(pong));
}
const std::vector<std::string>& Edge::addresses() const {
  return implementation_->addresses();
}

}  // namespace egd::http_server
