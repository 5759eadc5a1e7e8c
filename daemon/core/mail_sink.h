// The narrow interface between whoever receives mail over SMTP (smtp_server) and whoever takes it
// (service): begin, recipients with a status each, the content in pieces, then commit, or abort by
// destruction.
//
// Two sinks exist. Mail of a client that has authenticated goes to its sender domain's submission,
// which MailLogin opens. All other mail goes to the inbound sink: bounces, unsubscribes and
// complaints at the gateway's own hosts; it answers RelayDenied() for any other recipient.
//
// A sink may be used by many sessions at once. One transaction is used by one thread at a time, not
// always the same. All methods may block on the store and the disk, so none runs on an io thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace egd::core {

// What an SMTP client is told: "550 5.1.1 No such address".
struct MailReply {
  int code = 250;
  std::string enhanced = "2.0.0";
  std::string text = "Ok";  // one printable line; never a secret, never another tenant's business
  std::string remedy = {};  // of a refusal: what to change in the client, for smtpsessions

  bool IsPositive() const { return code / 100 == 2; }
};

// For a recipient at a host that is not the gateway's.
inline MailReply RelayDenied() {
  return {550, "5.7.1", "Relaying denied: authenticate first",
          "Turn on SMTP authentication in the client, with the credentials of egctl addsmtp"};
}

struct MailEnvelope {
  std::string sender;          // as given in MAIL FROM, without brackets; empty: <>
  bool smtputf8 = false;       // MAIL said SMTPUTF8
  std::string client_address;  // textual IP
  std::string client_name;     // of HELO or EHLO: printable, bounded, unproven
  std::string protocol;        // "ESMTPSA" and its like (RFC 3848), for the Received field
};

class MailTransaction {
 public:
  virtual ~MailTransaction() = default;  // without a Commit before: aborted, nothing is kept

  // Whether mail to this address is taken. `address` comes as given in RCPT TO, without brackets:
  // unchecked, hostile, at most 1,000 bytes.
  virtual MailReply AddRecipient(const std::string& address) = 0;
  // The content's next bytes, in order: lines end with CR LF, dots are not stuffed. Only after a
  // positive AddRecipient. The total is bounded by the caller. False: it cannot be kept, and Commit
  // will say why.
  virtual bool Write(std::string_view piece) = 0;
  // Called once, after the last Write. A positive reply means that all of it is durable.
  virtual MailReply Commit() = 0;
};

class MailSink {
 public:
  virtual ~MailSink() = default;

  struct Begun {
    std::unique_ptr<MailTransaction> transaction;  // null: refused
    MailReply reply;                               // to MAIL FROM
  };
  virtual Begun Begin(const MailEnvelope& envelope) = 0;
};

// Whoever knows the credentials of SMTP clients.
class MailLogin {
 public:
  virtual ~MailLogin() = default;

  enum class Verdict { kRight, kWrong, kThrottled, kUnavailable };
  struct Outcome {
    Verdict verdict = Verdict::kUnavailable;
    int64_t domain_id = 0;           // of the user name, whether the password was right or not
    std::shared_ptr<MailSink> sink;  // of kRight: takes the mail of that sender domain
  };
  // Thread-safe; may block on the store. Throttles guessing by user name and client address.
  virtual Outcome LogIn(const std::string& username, const std::string& password,
                        const std::string& client_address) = 0;
};

}  // namespace egd::core
