// One connection's SMTP dialogue, from the greeting to QUIT, with any number of transactions in
// between.
//
// EHLO, then HELO where it is not known. STARTTLS when offered: a certificate is never refused, the
// dialogue under TLS trusts nothing learned before it, and a failed handshake ends the session,
// since plain text would then be an attacker's choice; TlsNeed asks for more. PIPELINING, SIZE,
// 8BITMIME and SMTPUTF8 when offered; a message that needs one of the last two and does not get it
// is refused here, never mangled. CHUNKING when offered, for content in which every line ends with
// CRLF: it goes as one chunk. A server that offers it and does not know BDAT has taken the content
// for commands: the connection ends, and the next one goes without. RFC 5321, 1870 (SIZE), 2034
// (enhanced codes), 2920 (PIPELINING), 3030 (CHUNKING), 3207 (STARTTLS), 6152 (8BITMIME), 6531
// (SMTPUTF8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "daemon/core/delivery.h"
#include "daemon/net/task.h"
#include "daemon/smtp/smtp_wire.h"
#include "daemon/smtp/transcript.h"
#include "daemon/smtp_client/answer.h"
#include "daemon/smtp_client/mx_route.h"
#include "daemon/smtp_client/timeouts.h"

namespace egd::smtp_client {

enum class TlsNeed {
  kNone,           // never, even when it is offered: for servers whose TLS is broken
  kOpportunistic,  // as above
  kEncrypted,      // never in plain text
  kVerified,       // and only with strong TLS and a certificate that is valid for the host
  kDane,           // and only with a certificate that the target's TLSA records name
};

struct Login {
  std::string user, password;
};

struct SessionOptions {
  std::string hello_name;  // our host name
  Timeouts timeouts;
  std::optional<Login> login;  // at every server: of a smarthost
  bool tls_at_once = false;    // before the greeting
};

// Lives on one executor's thread; one coroutine at a time uses it, only Abort may come in between.
class SmtpSession {
 public:
  static constexpr size_t kMaxRecipients =
      100;  // what every server must take (RFC 5321 section 4.5.3.1.8)

  // `options` and `tls` must outlive the session.
  SmtpSession(net::Executor executor, const SessionOptions& options,
              boost::asio::ssl::context& tls);

  // Connects, greets, encrypts. Nothing: ready to send. Else the failure, and the session is
  // closed.
  net::Task<std::optional<Answer>> Open(Target target, TlsNeed tls = TlsNeed::kOpportunistic);

  // One transaction; 1 to kMaxRecipients recipients. Returns what each got, in their order.
  // `message` and `recipients` are used until it returns.
  net::Task<std::vector<Answer>> Send(const core::OutgoingMessage& message, std::string return_path,
                                      const std::vector<std::string>& recipients);

  // Says goodbye and closes. Failures no longer matter.
  net::Task<void> Quit();

  // Closes at once: whatever waits gets an answer with code 0.
  void Abort() { wire_.Close(); }

  // Nothing of the last transaction was heard, through no fault of the message: the server refused
  // RSET, or BDAT that it had offered. Another connection is worth a try.
  bool MustReconnect() const { return must_reconnect_; }
  void AvoidChunking() { may_chunk_ = false; }
  bool refused_chunking() const { return refused_chunking_; }
  bool takes_eight_bit() const { return offers_.eight_bit; }  // after Open
  bool IsUsable() const { return usable_ && wire_.IsOpen(); }
  size_t transactions() const { return transactions_; }
  const Target& target() const { return *target_; }  // after Open
  std::string tls() const { return wire_.tls(); }
  // The last transaction's dialogue, and the opening's; before any, the opening's.
  const smtp::Transcript& transcript() const { return transcript_; }

 private:
  using Timeout = std::chrono::milliseconds;
  struct Offers {  // EHLO keywords
    bool start_tls = false, pipelining = false, eight_bit = false, smtputf8 = false, size = false;
    bool chunking = false;
    bool auth_plain = false, auth_login = false;
    uint64_t max_bytes = 0;  // of SIZE; 0: not said
  };
  class Transaction;

  net::Task<std::optional<Answer>> Begin();
  net::Task<std::optional<Answer>> SayHello();
  net::Task<std::optional<Answer>> Encrypt();
  net::Task<std::optional<Answer>> LogIn();
  net::Task<smtp::SmtpReply> Tell(std::string secret, std::string_view shown);

  net::Task<void> Transact(Transaction& transaction);
  net::Task<bool> NameSender(Transaction& transaction);
  net::Task<bool> NameRecipients(Transaction& transaction);
  net::Task<bool> StartContent(Transaction& transaction);
  net::Task<void> SendContent(Transaction& transaction);
  net::Task<void> SendChunk(Transaction& transaction);
  net::Task<bool> WriteAll(Transaction& transaction, std::string_view bytes);
  net::Task<void> ReadFinalReply(Transaction& transaction);
  void Reconnect(Transaction& transaction, const char* why);
  Timeout LeftForContent(const Transaction& transaction) const;
  bool NeedsTls() const {
    return tls_need_ != TlsNeed::kNone && tls_need_ != TlsNeed::kOpportunistic;
  }
  void CheckRecipients(Transaction& transaction) const;
  std::string AllCommands(const Transaction& transaction) const;
  std::string MailCommand(const Transaction& transaction) const;
  std::optional<Answer> WhyNot(const Transaction& transaction) const;

  net::Task<smtp::SmtpReply> Ask(std::string commands, Timeout timeout);
  net::Task<smtp::SmtpReply> Hear(Timeout timeout);
  net::Task<smtp::SmtpReply> ReadLastWords(std::string problem);
  Answer Ended(Stage stage, smtp::SmtpReply reply);
  static Offers ParseOffers(const smtp::SmtpReply& ehlo);

  const SessionOptions& options_;
  boost::asio::ssl::context& tls_context_;
  smtp::SmtpWire wire_;
  smtp::Transcript transcript_;
  std::optional<Target> target_;
  Offers offers_;
  TlsNeed tls_need_ = TlsNeed::kOpportunistic;
  bool usable_ = false;
  bool may_chunk_ = true;
  bool refused_chunking_ = false;
  bool must_reconnect_ = false;
  bool needs_reset_ = false;  // a transaction was begun and not finished
  size_t transactions_ = 0;
};

}  // namespace egd::smtp_client
