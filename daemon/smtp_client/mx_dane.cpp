#include <algorithm>

#include "daemon/smtp_client/mx_route.h"
#include "daemon/smtp_client/resolve_all.h"

namespace egd::smtp_client {
namespace {

using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;
using mailauth::TlsaJudgement;
using mailauth::TlsaVerdict;

bool IsFound(const DnsAnswer& answer) {
  return answer.status == DnsStatus::kFound;
}

// What has addresses has them securely; what has none leads nowhere.
bool AreSecure(const Answers& addresses) {
  return std::ranges::any_of(addresses, IsFound) &&
         std::ranges::all_of(addresses, [](const DnsAnswer& answer) {
           return !IsFound(answer) || answer.authenticated;
         });
}

std::string CanonicalOf(const Answers& addresses) {
  const auto found = std::ranges::find_if(addresses, IsFound);
  return found == addresses.end() ? "" : found->canonical;
}

TlsaJudgement Unknown(const std::string& why) {
  return {TlsaVerdict::kUnknown, nullptr, why};
}

}  // namespace

net::Task<Exchangers> MxRouter::FindTlsa(Exchangers exchangers) const {
  if (!exchangers.secure || options_.smarthost) co_return exchangers;
  std::vector<Exchanger> usable;
  std::string why;
  for (Exchanger& exchanger : exchangers.hosts) {
    TlsaJudgement judged = co_await TlsaOf(exchanger.host);
    if (judged.verdict == TlsaVerdict::kUnknown) {
      if (why.empty()) why = judged.why;
      continue;
    }
    exchanger.dane = std::move(judged.set);
    usable.push_back(std::move(exchanger));
  }
  exchangers.hosts = std::move(usable);
  if (exchangers.hosts.empty()) {
    exchangers.failure = {Stage::kRoute, smtp::NoReply("4.7.5", "DANE: " + why)};
  }
  co_return exchangers;
}

net::Task<TlsaJudgement> MxRouter::TlsaOf(std::string host) const {
  std::vector<Question> questions;
  questions.push_back({host, DnsType::kA});
  questions.push_back({host, DnsType::kAaaa});
  const Answers addresses = co_await ResolveAll(resolver_, std::move(questions));
  if (!std::ranges::any_of(addresses, IsFound)) {
    // Not known is not insecure: the next look-up may be answered by whoever made this one fail.
    const auto failed = std::ranges::find(addresses, DnsStatus::kTempError, &DnsAnswer::status);
    if (failed != addresses.end()) {
      co_return Unknown("looking up the addresses of " + host + " failed: " + failed->detail);
    }
    co_return TlsaJudgement();  // it has none: nobody connects
  }
  const std::string canonical = CanonicalOf(addresses);
  if (AreSecure(addresses)) {
    if (!canonical.empty()) {
      TlsaJudgement judged = co_await TlsaAt(canonical);
      if (judged.verdict != TlsaVerdict::kNone) co_return judged;
    }
    co_return co_await TlsaAt(host);
  }
  if (canonical.empty()) co_return TlsaJudgement();
  // The alias itself may be secure, though what it leads to is not.
  std::vector<Question> question;
  question.push_back({host, DnsType::kCname});
  const Answers alias = co_await ResolveAll(resolver_, std::move(question));
  if (alias[0].status == DnsStatus::kTempError) {
    co_return Unknown("looking up the alias " + host + " failed: " + alias[0].detail);
  }
  if (!alias[0].authenticated) co_return TlsaJudgement();
  co_return co_await TlsaAt(host);
}

net::Task<TlsaJudgement> MxRouter::TlsaAt(std::string base) const {
  std::vector<Question> question;
  question.push_back({"_" + std::to_string(options_.mx_port) + "._tcp." + base, DnsType::kTlsa});
  const Answers answers = co_await ResolveAll(resolver_, std::move(question));
  co_return mailauth::JudgeTlsa(answers[0], base);
}

}  // namespace egd::smtp_client
