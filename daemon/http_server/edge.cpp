#include "daemon/http_server/edge.h"

#include <atomic>
#include <list>
#include <thread>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/http_server/io_loop.h"
#include "daemon/net/tls_context.h"
#include "shared/base/log.h"

namespace egd::http_server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// Out of descriptors, accept fails at once, again and again: leave the processor to those who may
// close some.
constexpr std::chrono::milliseconds kAcceptPause{100};

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
      : state_(std::move(options), std::move(handler), std::move(refuser), std::move(admitter)) {
    const auto threads = size_t(std::max(state_.options.threads, 1));
    for (size_t i = 0; i < threads; ++i) {
      loops_.emplace_back(state_, std::max<size_t>(state_.options.max_connections / threads, 1),
                          std::max<size_t>(state_.options.max_local_connections / threads, 1));
    }
    next_loop_ = loops_.begin();
  }

  ~Implementation() {
    Interrupt();
    Join();
  }

  Result<void> Start() {
    if (const auto loaded = ReloadTls(); !loaded) return loaded;
    if (const auto opened = OpenAll(); !opened) {
      listeners_.clear();
      return opened;
    }
    for (auto& listener : listeners_) Accept(listener);
    for (auto& loop : loops_) StartThread(loop);
    listening_ = true;
    return {};
  }

  void Interrupt() {
    if (!listening_.exchange(false)) return;
    asio::post(loops_.front().executor(), [this] { CloseListeners(); });
    for (auto& loop : loops_) asio::post(loop.executor(), [&loop] { loop.Drain(); });
  }

  void Join() {
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
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
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  struct Listener {
    net::Acceptor acceptor;
    asio::steady_timer pause;
    bool is_unix;
    ino_t inode = 0;  // of the Unix path, so that a successor's socket is not removed
  };

  Result<void> OpenAll() {
    for (const auto& address : state_.options.listen) {
      auto acceptor = net::ListenTcp(loops_.front().executor(), address);
      if (!acceptor) return acceptor.error();
      Add(*std::move(acceptor), false);
    }
    if (state_.options.unix_socket.empty()) return {};
    auto acceptor = net::ListenUnix(loops_.front().executor(), state_.options.unix_socket);
    if (!acceptor) return acceptor.error();
    Add(*std::move(acceptor), true);
    listeners_.back().inode = InodeOf(state_.options.unix_socket);
    return {};
  }

  void Add(net::Acceptor acceptor, bool is_unix) {
    addresses_.push_back(net::LocalAddress(acceptor));
    asio::steady_timer pause(acceptor.get_executor());
    listeners_.push_back({std::move(acceptor), std::move(pause), is_unix});
  }

  void Accept(Listener& listener) {
    IoLoop& loop = NextLoop();
    listener.acceptor.async_accept(loop.executor(),
                                   [this, &listener, &loop](ErrorCode error, net::Socket socket) {
                                     if (error == asio::error::operation_aborted) return;
                                     if (error) return PauseAccepting(listener, error);
                                     Deal(loop, std::move(socket), listener.is_unix);
                                     Accept(listener);
                                   });
  }

  void Deal(IoLoop& loop, net::Socket socket, bool is_unix) {
    TlsContext tls =
        is_unix ? nullptr : state_.tls.With([](const TlsContext& current) { return current; });
    asio::dispatch(loop.executor(),
                   [&loop, is_unix, socket = std::move(socket), tls = std::move(tls)]() mutable {
                     loop.Adopt(std::move(socket), std::move(tls), is_unix);
                   });
  }

  void PauseAccepting(Listener& listener, const ErrorCode& why) {
    log::Warning("cannot accept connections", {{"why", why.message()}});
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](ErrorCode error) {
      if (!error) Accept(listener);
    });
  }

  void CloseListeners() {
    for (auto& listener : listeners_) {
      ErrorCode ignored;
      listener.acceptor.close(ignored);
      listener.pause.cancel();
      const std::string& path = state_.options.unix_socket;
      if (listener.is_unix && InodeOf(path) == listener.inode) ::unlink(path.c_str());
    }
  }

  static ino_t InodeOf(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
  }

  IoLoop& NextLoop() {
    auto& loop = *next_loop_;
    if (++next_loop_ == loops_.end()) next_loop_ = loops_.begin();
    return loop;
  }

  void StartThread(IoLoop& loop) {
    threads_.emplace_back(
        [&loop, name = state_.options.thread_name + "." + std::to_string(threads_.size())] {
          pthread_setname_np(pthread_self(), name.c_str());
          loop.Run();
        });
  }

  EdgeState state_;
  std::list<IoLoop> loops_;
  std::list<IoLoop>::iterator next_loop_;
  std::list<Listener> listeners_;
  std::vector<std::string> addresses_;
  std::vector<std::thread> threads_;
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
const std::vector<std::string>& Edge::addresses() const {
  return implementation_->addresses();
}

}  // namespace egd::http_server
