#include "daemon/smtp_server/server.h"

#include <algorithm>
#include <list>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <pthread.h>

#include "daemon/auth/address.h"
#include "daemon/net/spawn.h"
#include "daemon/net/tls_context.h"
#include "daemon/smtp_server/host.h"
#include "daemon/smtp_server/session.h"
#include "shared/base/log.h"

namespace egd::smtp_server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// Out of descriptors, accept fails at once, again and again: leave the processor to those who may
// close some.
constexpr milliseconds kAcceptPause{100};
constexpr uint64_t kSpoolMessages = 64;  // of the largest size, coming in at once
constexpr uint64_t kLargeMessages = 4;   // and being committed, each in memory some three times

net::Task<void> RunSession(Host& host, net::Socket socket, bool tls) {
  Session session(host, std::move(socket), tls);
  co_await session.Run();
}

net::ServerTlsOptions TlsOptions(const ServerOptions& options) {
  net::ServerTlsOptions tls;
  tls.certificate_file = options.tls_certificate;
  tls.key_file = options.tls_key;
  tls.old_versions = options.old_tls;
  tls.remember_offers = true;
  return tls;
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(ServerOptions options, core::MailLogin& login, core::MailSink& inbound,
                 core::SmtpSessionLog& log, const Clock& clock)
      : host_(std::move(options), login, inbound, log, clock) {}

  ~Implementation() {
    Interrupt();
    Join();
  }

  Result<void> Start() {
    const ServerOptions& options = host_.options;
    if (options.listen.empty() && options.listen_tls.empty()) return {};
    if (auto loaded = ReloadTls(); !loaded) return loaded;
    auto opened = Open(options.listen, false);
    if (opened) opened = Open(options.listen_tls, true);
    if (!opened) {
      listeners_.clear();
      return opened;
    }
    host_.workers.Start();
    for (auto& listener : listeners_) Accept(listener);
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "egd-smtp");
      context_.run();
    });
    listening_ = true;
    return {};
  }

  void Interrupt() {
    if (!listening_.exchange(false)) return;
    host_.draining = true;
    asio::post(context_, [this] {
      for (auto& listener : listeners_) {
        ErrorCode ignored;
        listener.acceptor.close(ignored);
        listener.pause.cancel();
      }
      host_.on_empty = [this] { drain_.cancel(); };
      if (host_.connected.empty()) return;
      host_.connected.Drain();
      drain_.expires_after(host_.options.drain_timeout);
      drain_.async_wait([this](ErrorCode error) {
        if (!error) host_.connected.CutAll();
      });
    });
  }

  void Join() {
    if (thread_.joinable()) thread_.join();
    host_.workers.Interrupt();
    host_.workers.Join();
  }

  Result<void> ReloadTls() {
    if (host_.options.tls_certificate.empty()) return {};
    auto context = net::MakeServerTlsContext(TlsOptions(host_.options));
    if (!context) return context.error();
    host_.tls.With([&](TlsContext& current) { current = *context; });
    return {};
  }

  const std::vector<std::string>& addresses() const { return addresses_; }

  Result<void> IsReady() const {
    const bool wanted = !host_.options.listen.empty() || !host_.options.listen_tls.empty();
    return listening_ || !wanted ? Result<void>() : Unavailable("SMTP is not listening");
  }

 private:
  struct Listener {
    net::Acceptor acceptor;
    asio::steady_timer pause;
    bool tls;
  };

  Result<void> Open(const std::vector<std::string>& listen, bool tls) {
    for (const auto& address : listen) {
      auto acceptor = net::ListenTcp(context_.get_executor(), address);
      if (!acceptor) return acceptor.error();
      addresses_.push_back(net::LocalAddress(*acceptor));
      listeners_.push_back({*std::move(acceptor), asio::steady_timer(context_), tls});
    }
    return {};
  }

  void Accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](ErrorCode error, net::Socket socket) {
      if (error == asio::error::operation_aborted || host_.draining) return;
      if (error) return PauseAccepting(listener, error);
      Welcome(std::move(socket), listener.tls);
      Accept(listener);
    });
  }

  void Welcome(net::Socket socket, bool tls) {
    const std::string network = auth::ClientNetwork(net::DescribePeer(socket).address);
    if (!host_.connected.MakeRoom(network)) {
      static constexpr std::string_view kFull = "421 4.7.0 Too many connections\r\n";
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      if (!tls) socket.write_some(asio::buffer(kFull), ignored);
      return;
    }
    net::Spawn(context_.get_executor(), RunSession(host_, std::move(socket), tls),
               "SMTP session threw");
  }

  void PauseAccepting(Listener& listener, const ErrorCode& why) {
    log::Warning("cannot accept SMTP connections", {{"why", why.message()}});
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](ErrorCode error) {
      if (!error) Accept(listener);
    });
  }

  Host host_;  // outlives the sessions, which context_ owns
  asio::io_context context_{1};
  asio::steady_timer drain_{context_};
  std::list<Listener> listeners_;
  std::vector<std::string> addresses_;
  std::thread thread_;
  std::atomic<bool> listening_{false};
};

Host::Host(ServerOptions given, core::MailLogin& to_log_in, core::MailSink& to_inbound,
           core::SmtpSessionLog& session_log, const Clock& wall_clock)
    : options(std::move(given)),
      login(to_log_in),
      inbound(to_inbound),
      log(session_log),
      clock(wall_clock),
      large_messages(kLargeMessages * options.max_message_bytes),
      connected(options.max_connections, options.max_connections_per_address),
      workers("egd-smtp-w", size_t(options.threads), SIZE_MAX,
              [] { return [](const std::function<void()>& job) { job(); }; }) {
  spool.directory = options.data_dir;
  spool.max_memory = options.max_spooled_memory;
  spool.max_bytes = kSpoolMessages * options.max_message_bytes;
}

Server::Server(ServerOptions options, core::MailLogin& login, core::MailSink& inbound,
               core::SmtpSessionLog& log, const Clock& clock)
    : implementation_(
          std::make_unique<Implementation>(std::move(options), login, inbound, log, clock)) {}
Server::~Server() = default;
Result<void> Server::Start() {
  return implementation_->Start();
}
void Server::Interrupt() {
  implementation_->Interrupt();
}
void Server::Join() {
  implementation_->Join();
}
Result<void> Server::ReloadTls() {
  return implementation_->ReloadTls();
}
const std::vector<std::string>& Server::addresses() const {
  return implementation_->addresses();
}
Result<void> Server::IsReady() const {
  return implementation_->IsReady();
}

}  // namespace egd::smtp_server
