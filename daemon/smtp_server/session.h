// One client's dialogue (RFC 5321, with RFC 1870, 2034, 2920, 3030, 3207, 4954, 6152, 6531 and 6409
// section 4): a coroutine that reads a command, does it and replies. Replies wait while more
// commands of a pipelined group are there. Internal to smtp_server; lives on the io thread.
//
// Failures. A refused command leaves the session as it was. Whatever ends a session early is
// announced by 421. Each refusal is told to the SmtpSessionLog with the dialogue so far, without
// passwords.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/smtp/transcript.h"
#include "daemon/smtp_server/client_stream.h"
#include "daemon/smtp_server/command.h"
#include "daemon/smtp_server/content_decoder.h"
#include "daemon/smtp_server/host.h"

namespace egd::smtp_server {

class Session : public Connection {
 public:
  Session(Host& host, net::Socket socket, bool tls_at_once);
  ~Session() override;

  net::Task<void> Run();

  void End(std::string_view farewell) override;
  bool is_stranger() const override { return sink_ == nullptr; }
  bool is_waiting() const override { return waiting_ && farewell_.empty(); }
  bool in_transaction() const override { return InTransaction(); }
  std::chrono::steady_clock::time_point waiting_since() const override { return waiting_since_; }
  const std::string& network() const override { return network_; }

 private:
  // A message on its way in.
  struct Content {
    explicit Content(SpoolBudget& budget) : spool(budget) {}
    Spool spool;
    ChunkDecoder chunks;
    bool bare_newline = false, too_large = false, no_room = false;
    uint64_t received = 0;  // octets, also of what was refused
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point marked = started;  // when the last 4 KiB were complete
    uint64_t marked_at = 0;
  };

  const std::string& address() const { return stream_.address(); }
  bool InTransaction() const { return transaction_ != nullptr; }
  milliseconds CommandTimeout() const;
  milliseconds ContentTimeout(Content& content) const;

  net::Task<bool> Greet();
  net::Task<bool> Serve();
  net::Task<bool> Execute(Command command);
  net::Task<bool> Secure();
  net::Task<bool> StartTls(std::string argument);
  net::Task<bool> Authenticate(std::string argument);
  struct Response;
  net::Task<Response> Ask(std::string challenge);
  bool OnBadResponse(const Response& response);
  net::Task<bool> LogIn(std::string username, std::string password);
  net::Task<bool> Mail(std::string argument);
  net::Task<bool> Rcpt(std::string argument);
  net::Task<bool> Data(std::string argument);
  net::Task<bool> Bdat(std::string argument);
  net::Task<bool> ReadChunk(Content& content, uint64_t size, bool keep);
  net::Task<bool> ReadContent(Content& content);
  net::Task<void> Keep(Content& content, std::string piece);
  std::string ContentProblem(const Content& content) const;
  net::Task<bool> Commit(Content& content);
  net::Task<void> Finish();
  bool Hello(const Command& command);
  bool OnLineProblem(ClientStream::Got got);
  std::string Capabilities() const;
  std::string Protocol(bool smtputf8) const;
  core::MailReply CommitNow(Content& content);
  void ResetTransaction();

  // All say whether the session goes on.
  bool Reply(std::string_view text);
  bool Reply(const core::MailReply& reply);
  bool Refuse(std::string_view text, std::string_view remedy = {});
  bool Farewell(std::string_view text, std::string_view remedy = {});
  void Note(std::string_view reason, std::string_view remedy);

  Host& host_;
  ClientStream stream_;
  const std::string network_;
  const bool tls_at_once_;
  uint64_t id_;
  smtp::Transcript transcript_;
  std::string hello_;  // of HELO or EHLO; empty: neither yet
  bool esmtp_ = false;
  std::string username_;
  int64_t domain_id_ = 0;
  std::shared_ptr<core::MailSink> sink_;  // of who has authenticated
  std::unique_ptr<core::MailTransaction> transaction_;
  size_t recipients_ = 0;
  std::unique_ptr<Content> chunks_;  // of a message that comes by BDAT
  int bad_ = 0, wrong_logins_ = 0, idle_commands_ = 0;
  bool tried_login_ = false;
  bool waiting_ = false;  // for a command
  std::chrono::steady_clock::time_point waiting_since_ = std::chrono::steady_clock::now();
  std::string farewell_;  // of End
};

}  // namespace egd::smtp_server
