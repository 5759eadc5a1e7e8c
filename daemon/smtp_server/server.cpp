#include "daemon/smtp_server/server.h"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "daemon/auth/address.h"
#include "daemon/net/io_loop.h"
#include "daemon/net/listeners.h"
#include "daemon/net/spawn.h"
#include "daemon/net/tls_context.h"
#include "daemon/smtp_server/host.h"
#include "daemon/smtp_server/session.h"

namespace egd::smtp_server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

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
      listeners_.Close();
      return opened;
    }
    host_.workers.Start();
    listeners_.Accept();
    loop_.Start("egd-smtp");
    listening_ = true;
    return {};
  }

  void Interrupt() {
    if (!listening_.exchange(false)) return;
    host_.draining = true;
    asio::post(loop_.executor(), [this] {
      listeners_.Close();
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
    loop_.Join();
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

  void Ping(std::function<void()> pong) {
    if (!listening_) return pong();
    asio::post(loop_.executor(), std::move(pong));
  }

  const std::vector<std::string>& addresses() const { return listeners_.addresses(); }

  Result<void> IsReady() const {
    const bool wanted = !host_.options.listen.empty() || !host_.options.listen_tls.empty();
    return listening_ || !wanted ? Result<void>() : Unavailable("SMTP is not listening");
  }

 private:
  Result<void> Open(const std::vector<std::string>& listen, bool tls) {
    for (const auto& address : listen) {
      const auto choose = [this, tls]() -> net::Listeners::Target {
        return {loop_.executor(),
                [this, tls](net::Socket socket) { Welcome(std::move(socket), tls); }};
      };
      if (auto opened = listeners_.OpenTcp(address, choose); !opened) return opened;
    }
    return {};
  }

  void Welcome(net::Socket socket, bool tls) {
    if (host_.draining) return;
    const std::string network = auth::ClientNetwork(net::DescribePeer(socket).address);
    if (!host_.connected.MakeRoom(network)) {
      static constexpr std::string_view kFull = "421 4.7.0 Too many connections\r\n";
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      if (!tls) socket.write_some(asio::buffer(kFull), ignored);
      return;
    }
    net::Spawn(loop_.executor(), RunSession(host_, std::move(socket), tls), "SMTP session threw");
  }

  Host host_;  // outlives the sessions, which loop_ owns
  net::IoLoop loop_;
  net::Timer drain_{loop_.executor()};
  net::Listeners listeners_{loop_.executor(), "SMTP connections"};
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
void Server::Ping(std::function<void()> pong) {
  implementation_->Ping(std::move(pong));
}
const std::vector<std::string>& Server::addresses() const {
  return implementation_->addresses();
}
Result<void> Server::IsReady() const {
  return implementation_->IsReady();
}

}  // namespace egd::smtp_server
