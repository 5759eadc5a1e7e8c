// The SMTP server: submission by applications that authenticate, and mail that comes back, on the
// same listeners (contract sections 10 and 11).
//
//   accept → Session (egd-smtp) → MailLogin, MailSink (egd-smtp-w.N) → reply
//
// Sessions are coroutines of one thread; whatever may wait for the store or the disk runs on the
// worker threads. Policy towards those who have not authenticated:
//  - They reach only the inbound sink.
//  - A cap of connections for each address and for all: at the cap the longest silent one makes
//    room, told 421; a client that has authenticated never has to. At twice its cap an address is
//    refused.
//  - Deadlines for each whole command and for a message's every 4 KiB.
//  - Bad commands, wrong passwords and refused recipients are counted.
//
// Owned by Daemon. Start, Interrupt and Join are for its thread; the rest for any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/mail_sink.h"
#include "daemon/core/smtp_sessions.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::smtp_server {

struct ServerOptions {
  std::vector<std::string> listen;      // "ip:port"; STARTTLS
  std::vector<std::string> listen_tls;  // TLS at once
  std::string tls_certificate, tls_key;
  bool old_tls = false;  // TLS 1.0 and 1.1 too
  bool allow_plaintext_auth = false;
  std::string hostname;
  std::string data_dir;  // for large messages while they come in
  uint64_t max_message_bytes = 30 * 1024 * 1024;
  uint64_t max_spooled_memory = 128ull << 20;  // of messages that are coming in: 2,000 small mails
  size_t max_recipients = 1000;
  size_t max_connections = 10'000;
  size_t max_connections_per_address = 500;            // without authentication
  std::chrono::milliseconds command_timeout{300'000};  // RFC 5321 section 4.5.3.2.7
  // Of clients that have not authenticated: they may be anybody.
  std::chrono::milliseconds stranger_timeout{60'000};
  std::chrono::milliseconds content_timeout{180'000};  // for 4 KiB; RFC 5321 section 4.5.3.2.5
  std::chrono::milliseconds drain_timeout{10'000};     // for messages under way, after Interrupt
  int threads = 32;  // that wait for the store; those who wait together share a sync
};

class Server {
 public:
  // What is passed by reference must outlive the server.
  Server(ServerOptions options, core::MailLogin& login, core::MailSink& inbound,
         core::SmtpSessionLog& log, const Clock& clock);
  ~Server();

  // Opens every listener or none. Errors name the address or file and say why in plain words. With
  // nowhere to listen it does nothing.
  Result<void> Start();
  // Stops listening and tells idle clients 421; messages under way may finish within drain_timeout.
  void Interrupt();
  void Join();

  // Reads certificate and key again; new connections use them. On failure the old ones stay.
  Result<void> ReloadTls();

  // Where it listens, with real port numbers: those of `listen`, then those of `listen_tls`. Valid
  // after Start.
  const std::vector<std::string>& addresses() const;
  // Calls `pong` on the io thread, or at once without one: never, when it hangs. Any thread.
  void Ping(std::function<void()> pong);
  // Nothing, or why mail is not taken now.
  Result<void> IsReady() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace egd::smtp_server
