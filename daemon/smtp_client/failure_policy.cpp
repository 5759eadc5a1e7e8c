#include "daemon/smtp_client/failure_policy.h"

#include <algorithm>
#include <optional>
#include <string>

#include "daemon/core/bounce_class.h"
#include "shared/base/strings.h"

namespace egd::smtp_client {
namespace {

using core::Refused;

constexpr int kServiceClosing = 421;

constexpr unsigned Bit(Stage stage) {
  return 1u << static_cast<unsigned>(stage);
}
constexpr unsigned kRoute = Bit(Stage::kRoute);
constexpr unsigned kOpening =
    Bit(Stage::kConnect) | Bit(Stage::kBanner) | Bit(Stage::kHello) | Bit(Stage::kStartTls);
constexpr unsigned kAuth = Bit(Stage::kAuth);
constexpr unsigned kCompose = Bit(Stage::kCompose);
constexpr unsigned kTransaction =
    Bit(Stage::kMail) | Bit(Stage::kRcpt) | Bit(Stage::kData) | Bit(Stage::kEndOfData);

// What nobody said in answer to a transaction's commands, or what is no answer to them.
struct Rule {
  std::string_view name;
  unsigned stages;
  std::string_view code;      // 'x' fits all; "4--", "5--": nobody said it (SmtpReply code 0)
  std::string_view enhanced;  // "*": anything
  std::string_view phrase;    // in lower case; "": no matter
  Scope scope;
  std::string_view bounce_class;  // "": temporary
  Refused refused;
  std::string_view cause;
  std::string_view reason;
};

// The first fitting rule decides.
// clang-format off: a table reads best as a table
constexpr Rule kRules[] = {
    // Before there is a connection.
    {"null-mx", kRoute, "5--", "5.1.10", "", Scope::kDestination, "hard", Refused::kRecipientDomain,
     "notaccept", "the domain declares that it takes no mail (null MX)"},
    {"mta-sts", kRoute | Bit(Stage::kStartTls), "4--", "*", "mta-sts:", Scope::kDestination, "",
     Refused::kRecipientDomain, "securityerror",
     "the domain's MTA-STS policy is not met (RFC 8461)"},
    {"dane", kRoute | Bit(Stage::kStartTls), "4--", "*", "dane:", Scope::kDestination, "",
     Refused::kRecipientDomain, "securityerror",
     "the mail servers are not as their TLSA records say (RFC 7672)"},
    {"no-route", kRoute, "5--", "*", "", Scope::kDestination, "domain", Refused::kRecipientDomain,
     "hostunknown", "the domain takes no mail"},
    {"no-route-now", kRoute, "4--", "*", "", Scope::kDestination, "", Refused::kRecipientDomain,
     "networkerror", "no route for now"},
    {"unreachable", kOpening, "4--", "*", "", Scope::kHost, "", Refused::kServer, "networkerror",
     "no usable SMTP dialogue with this server"},
    {"not-served", kOpening, "xxx", "*", "", Scope::kHost, "", Refused::kServer, "blocked",
     "this server refuses us for now"},

    {"not-logged-in", kAuth, "xxx", "*", "", Scope::kDestination, "", Refused::kPolicy,
     "authfailure", "the smarthost does not let us log in"},

    // Our own part.
    {"looping", kCompose, "5--", "5.4.6", "", Scope::kMessage, "domain", Refused::kProtocol,
     "networkerror", "mail loop detected"},
    {"cannot-compose", kCompose, "5--", "*", "", Scope::kMessage, "content", Refused::kContent,
     "systemerror", "the message cannot be made"},
    {"cannot-compose-now", kCompose, "4--", "*", "", Scope::kMessage, "", Refused::kServer,
     "systemerror", "the message cannot be made now"},
    {"sender-malformed", kTransaction, "5--", "5.1.7", "", Scope::kMessage, "sender",
     Refused::kReturnPath, "syntaxerror", "the return-path is malformed"},
    {"address-malformed", kTransaction, "5--", "5.1.3", "", Scope::kRecipient, "other",
     Refused::kUnclear, "syntaxerror", "the address is malformed"},
    {"offer-missing", kTransaction, "5--", "5.6.3", "", Scope::kMessage, "content",
     Refused::kContent, "contenterror", "the server does not offer what the message needs"},
    {"offer-missing", kTransaction, "5--", "5.6.7", "", Scope::kMessage, "content",
     Refused::kContent, "contenterror", "the server does not offer what the message needs"},
    {"too-large-for-server", kTransaction, "5--", "5.3.4", "", Scope::kMessage, "size",
     Refused::kContent, "mesgtoobig", "the message is larger than the server takes"},

    // The connection, whatever was asked.
    {"broken", kTransaction, "4--", "*", "", Scope::kSession, "", Refused::kServer, "networkerror",
     "the connection broke"},
    {"out-of-turn", kTransaction, "2xx", "*", "", Scope::kSession, "", Refused::kProtocol,
     "syntaxerror", "a reply out of turn"},
    {"out-of-turn", kTransaction, "3xx", "*", "", Scope::kSession, "", Refused::kProtocol,
     "syntaxerror", "a reply out of turn"},
};
// clang-format on

std::string CodeText(const smtp::SmtpReply& reply) {
  if (reply.code != 0) return std::to_string(reply.code);
  return reply.enhanced.starts_with('5') ? "5--" : "4--";
}

bool FitsCode(std::string_view pattern, std::string_view code) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != 'x' && pattern[i] != code[i]) return false;
  }
  return true;
}

const Rule* OwnRule(const Answer& answer, const std::string& text) {
  const std::string code = CodeText(answer.reply);
  const auto found = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) {
    if ((rule.stages & Bit(answer.stage)) == 0 || !FitsCode(rule.code, code)) return false;
    if (rule.enhanced != "*" && rule.enhanced != answer.reply.enhanced) return false;
    return Lower(text).find(rule.phrase) != std::string::npos;
  });
  return found == std::end(kRules) ? nullptr : &*found;
}

Verdict VerdictOf(const Rule& rule) {
  const bool permanent = !rule.bounce_class.empty();
  return {permanent,         rule.scope,
          rule.bounce_class, rule.bounce_class == "hard",
          Pace::kKeep,       rule.refused,
          rule.cause,        rule.name,
          rule.reason,       {}};
}

Scope ScopeOf(const core::ReplyMeaning& meaning, const Answer& answer, bool permanent) {
  if (meaning.refused == Refused::kUs) return Scope::kDestination;
  if (meaning.refused == Refused::kSenderDomain && !permanent) return Scope::kSenderDomain;
  if (answer.reply.code == kServiceClosing) return Scope::kSession;
  if (meaning.refused == Refused::kMailbox || meaning.refused == Refused::kMailboxForNow) {
    return Scope::kRecipient;
  }
  // A reply to RCPT is about that recipient alone, whatever it says of the message.
  return answer.stage == Stage::kRcpt ? Scope::kRecipient : Scope::kMessage;
}

Pace PaceOf(const core::ReplyMeaning& meaning) {
  if (meaning.refused != Refused::kUs) return Pace::kKeep;
  return meaning.cause == "toomanyconn" ? Pace::kSlow : Pace::kPause;
}

core::ReplyStage ReplyStageOf(Stage stage) {
  if (stage == Stage::kMail) return core::ReplyStage::kMail;
  return stage == Stage::kRcpt ? core::ReplyStage::kRcpt : core::ReplyStage::kContent;
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
    case Scope::kSenderDomain:
      return "sender-domain";
    case Scope::kMessage:
      return "message";
    case Scope::kRecipient:
      return "recipient";
  }
  return "";
}

std::string_view Name(Pace pace) {
  switch (pace) {
    case Pace::kKeep:
      return "keep";
    case Pace::kSlow:
      return "slow";
    case Pace::kPause:
      return "pause";
  }
  return "";
}

std::string_view ReasonOf(std::string_view rule) {
  const auto found = std::find_if(std::begin(kRules), std::end(kRules),
                                  [rule](const Rule& each) { return each.name == rule; });
  return found == std::end(kRules) ? core::ReasonOfReplyRule(rule) : found->reason;
}

Verdict ClassifyFailure(const Answer& answer, size_t recipients) {
  const smtp::SmtpReply& reply = answer.reply;
  const std::string text = Join(reply.lines, " ");
  if (const Rule* own = OwnRule(answer, text)) return VerdictOf(*own);

  core::ReplyMeaning meaning =
      core::ClassifyReply(ReplyStageOf(answer.stage), reply.code, reply.enhanced, text);
  Verdict verdict;
  verdict.permanent = reply.code >= 500 && !meaning.passes;
  verdict.scope = ScopeOf(meaning, answer, verdict.permanent);
  verdict.pace = PaceOf(meaning);
  if (verdict.permanent) verdict.bounce_class = core::BounceClassOf(meaning.refused, meaning.cause);
  verdict.suppress = verdict.permanent && meaning.refused == Refused::kMailbox;
  const bool one_mailbox = answer.stage == Stage::kRcpt || recipients == 1;
  if (verdict.suppress && !one_mailbox) {
    verdict.suppress = false;
    verdict.bounce_class = "other";
    verdict.scope = Scope::kMessage;
  }
  verdict.refused = meaning.refused;
  verdict.cause = meaning.cause;
  verdict.rule = meaning.rule;
  verdict.reason = meaning.reason;
  verdict.words = std::move(meaning.words);
  return verdict;
}

}  // namespace egd::smtp_client
