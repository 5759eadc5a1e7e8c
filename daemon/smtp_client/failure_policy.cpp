#include "daemon/smtp_client/failure_policy.h"

#include <algorithm>
#include <string>

#include "shared/base/strings.h"

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
  std::string_view name;
  unsigned stages;
  std::string_view code;      // 'x' fits all; "4--", "5--": nobody said it (SmtpReply code 0)
  std::string_view enhanced;  // "5.7.*", "*": anything; "": none given; "|" between several
  std::string_view phrases;   // lower case, "|" between several; one must be there; "": no matter
  Subject subject;
  Verdict verdict;
};

constexpr Verdict Temporary(Scope scope, std::string_view reason) {
  const Pace pace = scope == Scope::kDestination ? Pace::kPause : Pace::kKeep;
  return {false, scope, "", false, pace, "", reason};
}
constexpr Verdict Permanent(std::string_view bounce_class, std::string_view reason) {
  return {true, Scope::kMessage, bounce_class, false, Pace::kKeep, "", reason};
}
constexpr Verdict Distrusted(std::string_view reason) {
  return {true, Scope::kMessage, "policy", false, Pace::kSlow, "", reason};
}
constexpr Verdict NoSuchMailbox(Scope scope, std::string_view reason) {
  return {true, scope, "hard", true, Pace::kKeep, "", reason};
}

constexpr Verdict kDomain = {true, Scope::kDestination,       "domain", false, Pace::kKeep,
                             "",   "the domain takes no mail"};
constexpr Verdict kMailbox =
    NoSuchMailbox(Scope::kRecipient, "the mailbox does not exist or is closed");
constexpr Verdict kSender = Permanent("sender", "the return-path is refused");
constexpr Verdict kTooLarge = Permanent("size", "the message is too large");
constexpr Verdict kProtocol = Permanent("protocol", "the server did not understand a command");
constexpr Verdict kMisdirected = Permanent("domain", "the server cannot route the address");
constexpr Verdict kReputation =
    Temporary(Scope::kDestination, "the server refuses our address for its reputation");
constexpr Verdict kRate = Temporary(Scope::kDestination, "we send faster than the server likes");
constexpr Verdict kQuotaOfOurs = Temporary(Scope::kDestination, "our quota there is used up");
constexpr Verdict kThrottled =
    Temporary(Scope::kDestination, "the server throttles or distrusts us");

// What large providers write, whatever code they give with it. Addresses in angle brackets are not
// searched. Sources: the providers' postmaster pages.
// Spamhaus, SpamCop, Barracuda and other lists; Outlook (S3140, S3150), Gmail, Yahoo, Apple, GMX.
constexpr std::string_view kReputationPhrases =
    "spamhaus|spamcop|barracuda|sorbs|abuseat|uceprotect|blocklist|block list|blacklist|dnsbl|rbl "
    "|(s3140)|(s3150)|[ts03]|[tss09]|[tss11]|poor reputation|bad reputation|low reputation"
    "|ip reputation|reputation of your|reputation of the|due to reputation|banned sending ip"
    "|ip address is not allowed|client host blocked|host is blocked|sending ip has been blocked"
    "|bad dns ptr|no ptr|does not have a ptr|reverse dns";
// Gmail (4.7.28 as 550 5.7.1 too), Yahoo [TSS04], Outlook 5.7.708, Comcast, Orange (OFR_), Web.de.
constexpr std::string_view kRatePhrases =
    "rate limit|ratelimit|rate-limit|unusual rate|sending rate|throttl|too many messages"
    "|too many connections|too many concurrent|too many sessions|too many errors|too much mail"
    "|[tss04]|slow down|ofr_104|ofr_108|connection limit|connection rate";
constexpr std::string_view kQuotaOfOursPhrases =
    "sending limit|sending quota|sender quota|daily user sending|daily sending|message limit"
    "|hourly limit|messages per hour|messages per day";
constexpr std::string_view kMailboxPhrases =
    "user unknown|unknown user|no such user|no such recipient|no such mailbox|no such address"
    "|no such account|unknown recipient|recipient unknown|recipient not found|mailbox not found"
    "|user not found|unknown mailbox|unknown local|no mailbox here|mailbox does not exist"
    "|user does not exist|account does not exist|address does not exist|recipient does not exist"
    "|account that you tried to reach does not exist|invalid recipient|invalid mailbox"
    "|not a valid mailbox|user doesn't have|account has been disabled|account is disabled"
    "|mailbox disabled|mailbox is disabled|account disabled|account has been closed"
    "|account is closed|account closed|user is no longer|not our customer|is not a known user";
constexpr std::string_view kFullPhrases =
    "mailbox full|mailbox is full|over quota|overquota|quota exceeded|exceeded storage"
    "|out of storage|insufficient storage";
constexpr std::string_view kSpamPhrases =
    "spam|unsolicited|bulk mail|dmarc|spf |dkim|unauthenticated|policy|phishing|virus|malware";

// The first fitting rule decides.
// clang-format off: a table reads best as a table
constexpr Rule kRules[] = {
    // Before there is a connection.
    {"null-mx", kRoute, "5--", "5.1.10", "", Subject::kAny,
     NoSuchMailbox(Scope::kDestination, "the domain declares that it takes no mail (null MX)")},
    {"mta-sts", kRoute | Bit(Stage::kStartTls), "4--", "*", "mta-sts:", Subject::kAny,
     Temporary(Scope::kDestination, "the domain's MTA-STS policy is not met (RFC 8461)")},
    {"no-route", kRoute, "5--", "*", "", Subject::kAny, kDomain},
    {"no-route-now", kRoute, "4--", "*", "", Subject::kAny,
     Temporary(Scope::kDestination, "no route for now")},
    {"unreachable", kOpening, "4--", "*", "", Subject::kAny,
     Temporary(Scope::kHost, "this server cannot be talked to")},
    {"not-served", kOpening, "xxx", "*", "", Subject::kAny,
     Temporary(Scope::kHost, "this server refuses us for now")},

    // Our own part.
    {"looping", kCompose, "5--", "5.4.6", "", Subject::kAny,
     Permanent("domain", "the message goes round in circles")},
    {"cannot-compose", kCompose, "5--", "*", "", Subject::kAny,
     Permanent("content", "the message cannot be made")},
    {"cannot-compose-now", kCompose, "4--", "*", "", Subject::kAny,
     Temporary(Scope::kMessage, "the message cannot be made now")},

    // The connection, whatever was asked.
    {"throttled-closing", kTransaction, "421", "4.7.*", "", Subject::kAny, kThrottled},
    {"rate-closing", kTransaction, "421", "*", kRatePhrases, Subject::kAny,
     Temporary(Scope::kSession, "the server has had enough of this connection")},
    {"closing", kTransaction, "421", "*", "", Subject::kAny,
     Temporary(Scope::kSession, "the server closes")},
    {"broken", kTransaction, "4--", "*", "", Subject::kAny,
     Temporary(Scope::kSession, "the connection broke")},
    {"out-of-turn", kTransaction, "2xx", "*", "", Subject::kAny,
     Temporary(Scope::kSession, "a reply out of turn")},
    {"out-of-turn", kTransaction, "3xx", "*", "", Subject::kAny,
     Temporary(Scope::kSession, "a reply out of turn")},

    // About us, whatever code comes with it: the lane rests, and nobody bounces for it.
    {"reputation", kTransaction, "xxx", "*", kReputationPhrases, Subject::kAny, kReputation},
    {"our-quota", kTransaction, "xxx", "*", kQuotaOfOursPhrases, Subject::kAny, kQuotaOfOurs},
    {"our-quota", kTransaction, "5xx", "5.4.5", "", Subject::kAny, kQuotaOfOurs},
    {"rate", kMail | kContent, "xxx", "*", kRatePhrases, Subject::kAny, kRate},
    {"rate", kRcpt, "xxx", "4.7.*|5.7.*|", kRatePhrases, Subject::kAny, kRate},

    // Temporary by code.
    {"throttled", kMail, "4xx", "4.7.*", "", Subject::kAny, kThrottled},
    {"refused-now", kTransaction, "4xx", "*", "", Subject::kAny,
     Temporary(Scope::kMessage, "refused for now")},

    // Permanent by code, yet not meant so: too many recipients for one transaction.
    {"too-many-recipients", kRcpt, "5xx", "5.5.3", "", Subject::kAny,
     Temporary(Scope::kRecipient, "too many recipients")},
    {"mailbox-full", kRcpt, "552", "", kFullPhrases, Subject::kAny,
     Permanent("quota", "the mailbox is full")},
    {"too-many-recipients", kRcpt, "552", "", "", Subject::kAny,
     Temporary(Scope::kRecipient, "too many recipients")},

    // About the sender, at whichever stage the server checks it.
    {"return-path", kMail, "5xx", "5.1.*", "", Subject::kAny, kSender},
    {"return-path", kTransaction, "5xx", "5.1.7|5.1.8", "", Subject::kAny, kSender},

    // About the mailbox.
    {"no-mailbox", kRcpt | kContent, "5xx", "5.1.1|5.1.6|5.1.10|5.2.1", "", Subject::kOneMailbox,
     kMailbox},
    {"bad-address", kRcpt, "550", "5.1.*", "", Subject::kOneMailbox, kMailbox},
    // Exchange Online's edge, which knows its tenants' mailboxes and says 5.4.1.
    {"no-mailbox-exchange", kRcpt, "550", "5.4.1", "recipient address rejected: access denied",
     Subject::kOneMailbox, kMailbox},
    {"no-mailbox-said", kRcpt, "55x", "|5.0.*|5.5.0|5.5.1|5.2.0", kMailboxPhrases,
     Subject::kOneMailbox, kMailbox},
    {"mailbox-full", kRcpt | kContent, "5xx", "5.2.2", "", Subject::kAny,
     Permanent("quota", "the mailbox is full")},
    {"mailbox-full-said", kRcpt | kContent, "5xx", "|5.0.*|5.2.*", kFullPhrases, Subject::kAny,
     Permanent("quota", "the mailbox is full")},

    // About the rest.
    {"not-routed", kTransaction, "5xx", "5.1.2|5.4.*", "", Subject::kAny, kMisdirected},
    {"policy", kTransaction, "5xx", "5.7.*", "", Subject::kAny,
     Distrusted("refused by policy or reputation")},
    {"too-large", kTransaction, "5xx", "5.2.3|5.3.4", "", Subject::kAny, kTooLarge},
    {"too-large", kMail | kContent, "552", "", "", Subject::kAny, kTooLarge},
    {"content", kTransaction, "5xx", "5.6.*", "", Subject::kAny,
     Permanent("content", "the content cannot be taken")},
    {"policy-said", kTransaction, "5xx", "|5.0.*|5.5.0", kSpamPhrases, Subject::kAny,
     Distrusted("refused by policy or reputation")},
    {"protocol", kTransaction, "5xx", "5.5.*", "", Subject::kAny, kProtocol},
    {"protocol", kTransaction, "50x", "", "", Subject::kAny, kProtocol},
    {"refused", kTransaction, "5xx", "*", "", Subject::kAny,
     Permanent("other", "refused, with no known reason")},
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

template <typename Fits>
bool FitsOne(std::string_view alternatives, Fits fits) {
  const auto list = Split(alternatives, '|');
  return std::any_of(list.begin(), list.end(), fits);
}

bool FitsEnhanced(std::string_view patterns, std::string_view status) {
  return FitsOne(patterns, [status](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == status;
    return status.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

// What the reply says in lower case, without what stands in angle brackets: an address there must
// not pass for the server's words.
std::string Words(const smtp::SmtpReply& reply) {
  std::string words;
  bool in_address = false;
  for (const char c : Lower(smtp::OneLine(reply))) {
    if (c == '<') in_address = true;
    if (!in_address) words += c;
    if (c == '>') in_address = false;
  }
  return words;
}

bool FitsPhrases(std::string_view phrases, const std::string& words) {
  if (phrases.empty()) return true;
  return FitsOne(phrases, [&words](std::string_view phrase) {
    return words.find(phrase) != std::string::npos;
  });
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
  return found == std::end(kRules) ? std::string_view() : found->verdict.reason;
}

Verdict Judge(const Answer& answer, size_t recipients) {
  const std::string code = CodeText(answer.reply);
  const std::string words = Words(answer.reply);
  const bool one_mailbox = answer.stage == Stage::kRcpt || recipients == 1;
  for (const Rule& rule : kRules) {
    if ((rule.stages & Bit(answer.stage)) == 0 || !FitsCode(rule.code, code)) continue;
    if (rule.subject == Subject::kOneMailbox && !one_mailbox) continue;
    if (!FitsEnhanced(rule.enhanced, answer.reply.enhanced)) continue;
    if (!FitsPhrases(rule.phrases, words)) continue;
    Verdict verdict = rule.verdict;
    verdict.rule = rule.name;
    // A reply to RCPT is about that recipient alone, whatever it says of the message.
    if (verdict.scope == Scope::kMessage && answer.stage == Stage::kRcpt)
      verdict.scope = Scope::kRecipient;
    return verdict;
  }
  return Temporary(Scope::kSession, "nothing is known about this");
}

}  // namespace egd::smtp_client
