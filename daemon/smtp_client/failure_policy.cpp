#include "daemon/smtp_client/failure_policy.h"

#include <string>

namespace egd::smtp_client {
namespace {

constexpr unsigned Bit(Stage stage) {
  return 1u << static_cast<unsigned>(stage);
}
constexpr unsigned kRoute = Bit(Stage::kRoute);
constexpr unsigned kOpening =
    Bit(Stage::kConnect) | Bit(Stage::kBanner) | Bit(Stage::kHello) | Bit(Stage::kStartTls);
constexpr unsigned kCompose = Bit(Stage::kCompose);
constexpr unsigned kMail = Bit(Stage::kMail);
constexpr unsigned kRcpt = Bit(Stage::kRcpt);
constexpr unsigned kContent = Bit(Stage::kData) | Bit(Stage::kEndOfData);
constexpr unsigned kTransaction = kMail | kRcpt | kContent;

enum class Subject {
  kAny,
  kOneMailbox,  // fits only where the reply can be about one recipient
};

struct Rule {
  unsigned stages;
  std::string_view code;      // 'x' fits all; "4--", "5--": nobody said it (SmtpReply code 0)
  std::string_view enhanced;  // "5.7.*", "*": anything; "": none given
  Subject subject;
  Verdict verdict;
};

constexpr Verdict Temporary(Scope scope, std::string_view reason) {
  return {false, scope, "", false, reason};
}
constexpr Verdict Permanent(std::string_view bounce_class, std::string_view reason) {
  return {true, Scope::kMessage, bounce_class, false, reason};
}
constexpr Verdict NoSuchMailbox(Scope scope, std::string_view reason) {
  return {true, scope, "hard", true, reason};
}

constexpr Verdict kDomain = {true, Scope::kDestination, "domain", false,
                             "the domain takes no mail"};
constexpr Verdict kMailbox =
    NoSuchMailbox(Scope::kRecipient, "the mailbox does not exist or is closed");
constexpr Verdict kSender = Permanent("sender", "the return-path is refused");
constexpr Verdict kTooLarge = Permanent("size", "the message is too large");
constexpr Verdict kProtocol = Permanent("protocol", "the server did not understand a command");
constexpr Verdict kMisdirected = Permanent("domain", "the server cannot route the address");

// The first fitting rule decides.
constexpr Rule kRules[] = {
    // Before there is a connection.
    {kRoute, "5--", "5.1.10", Subject::kAny,
     NoSuchMailbox(Scope::kDestination, "the domain declares that it takes no mail (null MX)")},
    {kRoute, "5--", "*", Subject::kAny, kDomain},
    {kRoute, "4--", "*", Subject::kAny, Temporary(Scope::kDestination, "no route for now")},
    {kOpening, "4--", "*", Subject::kAny,
     Temporary(Scope::kHost, "this server cannot be talked to")},
    {kOpening, "xxx", "*", Subject::kAny,
     Temporary(Scope::kHost, "this server refuses us for now")},

    // Our own part.
    {kCompose, "5--", "*", Subject::kAny, Permanent("content", "the message cannot be made")},
    {kCompose, "4--", "*", Subject::kAny,
     Temporary(Scope::kMessage, "the message cannot be made now")},

    // The connection, whatever was asked.
    {kTransaction, "421", "4.7.*", Subject::kAny,
     Temporary(Scope::kDestination, "the server throttles or distrusts us")},
    {kTransaction, "421", "*", Subject::kAny, Temporary(Scope::kSession, "the server closes")},
    {kTransaction, "4--", "*", Subject::kAny, Temporary(Scope::kSession, "the connection broke")},
    {kTransaction, "2xx", "*", Subject::kAny, Temporary(Scope::kSession, "a reply out of turn")},
    {kTransaction, "3xx", "*", Subject::kAny, Temporary(Scope::kSession, "a reply out of turn")},

    // Temporary by code.
    {kMail, "4xx", "4.7.*", Subject::kAny,
     Temporary(Scope::kDestination, "the server throttles or distrusts us")},
    {kTransaction, "4xx", "*", Subject::kAny, Temporary(Scope::kMessage, "refused for now")},

    // Permanent by code, yet not meant so: too many recipients for one transaction.
    {kRcpt, "5xx", "5.5.3", Subject::kAny, Temporary(Scope::kRecipient, "too many recipients")},
    {kRcpt, "552", "", Subject::kAny, Temporary(Scope::kRecipient, "too many recipients")},

    // About the sender, at whichever stage the server checks it.
    {kMail, "5xx", "5.1.*", Subject::kAny, kSender},
    {kTransaction, "5xx", "5.1.7", Subject::kAny, kSender},
    {kTransaction, "5xx", "5.1.8", Subject::kAny, kSender},

    // About the mailbox.
    {kRcpt | kContent, "5xx", "5.1.1", Subject::kOneMailbox, kMailbox},
    {kRcpt | kContent, "5xx", "5.1.6", Subject::kOneMailbox, kMailbox},
    {kRcpt | kContent, "5xx", "5.1.10", Subject::kOneMailbox, kMailbox},
    {kRcpt | kContent, "5xx", "5.2.1", Subject::kOneMailbox, kMailbox},
    {kRcpt, "550", "5.1.*", Subject::kOneMailbox, kMailbox},
    {kRcpt | kContent, "5xx", "5.2.2", Subject::kAny, Permanent("quota", "the mailbox is full")},

    // About the rest.
    {kTransaction, "5xx", "5.1.2", Subject::kAny, kMisdirected},
    {kTransaction, "5xx", "5.4.5", Subject::kAny, Permanent("policy", "our quota is used up")},
    {kTransaction, "5xx", "5.4.*", Subject::kAny, kMisdirected},
    {kTransaction, "5xx", "5.7.*", Subject::kAny,
     Permanent("policy", "refused by policy or reputation")},
    {kTransaction, "5xx", "5.2.3", Subject::kAny, kTooLarge},
    {kTransaction, "5xx", "5.3.4", Subject::kAny, kTooLarge},
    {kMail | kContent, "552", "", Subject::kAny, kTooLarge},
    {kTransaction, "5xx", "5.6.*", Subject::kAny,
     Permanent("content", "the content cannot be taken")},
    {kTransaction, "5xx", "5.5.*", Subject::kAny, kProtocol},
    {kTransaction, "50x", "", Subject::kAny, kProtocol},
    {kTransaction, "5xx", "*", Subject::kAny, Permanent("other", "refused, with no known reason")},
};

std::string CodeText(const SmtpReply& reply) {
  if (reply.code != 0) return std::to_string(reply.code);
  return reply.enhanced.starts_with('5') ? "5--" : "4--";
}

bool FitsCode(std::string_view pattern, std::string_view code) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != 'x' && pattern[i] != code[i]) return false;
  }
  return true;
}

bool FitsEnhanced(std::string_view pattern, std::string_view status) {
  if (!pattern.ends_with('*')) return pattern == status;
  return status.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::string_view Name(Scope scope) {
  switch (scope) {
    case Scope::kSession:
      return "session";
    case Scope::kHost:
      return "host";
    case Scope::kDestination:
      return "destination";
    case Scope::kMessage:
      return "message";
    case Scope::kRecipient:
      return "recipient";
  }
  return "";
}

Verdict Judge(const Answer& answer, size_t recipients) {
  const std::string code = CodeText(answer.reply);
  const bool one_mailbox = answer.stage == Stage::kRcpt || recipients == 1;
  for (const Rule& rule : kRules) {
    if ((rule.stages & Bit(answer.stage)) == 0 || !FitsCode(rule.code, code)) continue;
    if (rule.subject == Subject::kOneMailbox && !one_mailbox) continue;
    if (!FitsEnhanced(rule.enhanced, answer.reply.enhanced)) continue;
    Verdict verdict = rule.verdict;
    // A reply to RCPT is about that recipient alone, whatever it says of the message.
    if (verdict.scope == Scope::kMessage && answer.stage == Stage::kRcpt)
      verdict.scope = Scope::kRecipient;
    return verdict;
  }
  return Temporary(Scope::kSession, "nothing is known about this");
}

}  // namespace egd::smtp_client
