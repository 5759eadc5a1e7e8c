// The DNS, and what others see of this gateway: RFC 5321 section 4.1.1.1 (HELO), RFC 1912 section
// 2.1 (PTR), RFC 7208 (SPF).
#include <algorithm>

#include "cli/doctor/checks.h"
#include "shared/base/strings.h"
#include "shared/spf/evaluate.h"

namespace egd::cli {
namespace {

bool Contains(const std::vector<std::string>& list, const std::string& value) {
  return std::ranges::find(list, value) != list.end();
}

// Every resolver that answers has to have `property`.
CheckResult JudgeResolvers(const Facts& facts, bool ResolverFacts::*property, const char* lacks) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  CheckResult outcome{.unchecked = "no resolver answers"};
  for (const ResolverFacts& resolver : facts.resolvers) {
    if (!resolver.answers) continue;
    outcome.unchecked.clear();
    if (!(resolver.*property)) outcome.problems.push_back(resolver.address + " " + lacks);
  }
  return outcome;
}

CheckResult Resolvers(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  if (facts.resolvers.empty()) return Unchecked("no resolver is known");
  CheckResult outcome;
  for (const ResolverFacts& resolver : facts.resolvers) {
    if (!resolver.answers) outcome.problems.push_back(resolver.address + " does not answer");
  }
  return outcome;
}

CheckResult Edns(const Facts& facts) {
  return JudgeResolvers(facts, &ResolverFacts::edns, "does not answer EDNS");
}

bool IsOnLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("[::1]");
}

// For DANE the resolver must also be believed: nobody can come in between.
CheckResult Dnssec(const Facts& facts) {
  CheckResult outcome =
      JudgeResolvers(facts, &ResolverFacts::validates, "does not validate DNSSEC");
  const auto& config = facts.loaded.config;
  if (!WithoutConfig(facts).empty() || !config.delivery.dane || config.dns.trusted) return outcome;
  for (const ResolverFacts& resolver : facts.resolvers) {
    if (!resolver.answers || IsOnLoopback(resolver.address)) continue;
    outcome.problems.push_back(resolver.address +
                               " is not on this machine: delivery.dane has no effect");
  }
  return outcome;
}

CheckResult HelloName(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  const std::string& name = facts.loaded.config.gateway.hostname;
  const std::string quoted = "gateway.hostname is \"" + name + "\"";
  constexpr std::string_view kPrivate[] = {"localhost", ".localhost", ".localdomain", ".local",
                                           ".internal", ".lan",       ".invalid"};
  if (std::ranges::any_of(kPrivate, [&](auto end) { return Lower(name).ends_with(end); })) {
    return {.problems = {quoted + ", which nobody else knows"}};
  }
  if (name.find('.') == name.npos) return {.problems = {quoted + ", without a domain"}};
  return {};
}

CheckResult HelloAddress(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  if (!facts.hello_addresses) return Unchecked(facts.hello_addresses.why_not);
  const std::string& name = facts.loaded.config.gateway.hostname;
  const auto& addresses = *facts.hello_addresses;
  if (addresses.empty()) return {.problems = {name + " has no address"}};
  const std::string found = name + " resolves to " + Join(addresses, ", ");
  if (!facts.address_option.empty()) {
    if (Contains(addresses, facts.address_option)) return {};
    return {.problems = {found + ", mail leaves from " + facts.address_option}};
  }
  const auto& own = facts.own_addresses;  // empty behind NAT
  const bool ours =
      std::ranges::any_of(addresses, [&](const auto& one) { return Contains(own, one); });
  if (own.empty() || ours) return {};
  return {.problems = {found + ", this machine has " + Join(own, ", ")}};
}

CheckResult Ptr(const Facts& facts) {
  CheckResult outcome;
  for (const SendingAddress& one : facts.sending) {
    if (!one.names) {
      outcome.unchecked = one.names.why_not;
    } else if (one.names->empty()) {
      outcome.problems.push_back(one.address + " has no PTR record");
    }
  }
  if (facts.sending.empty()) outcome.unchecked = "no sending address is known; say --address";
  return outcome;
}

CheckResult PtrForward(const Facts& facts) {
  CheckResult outcome{.unchecked = "no sending address has a PTR record"};
  for (const SendingAddress& one : facts.sending) {
    if (!one.names || one.names->empty()) continue;
    outcome.unchecked.clear();
    bool answered = true, confirmed = false;
    for (const auto& [name, addresses] : one.forward) {
      if (!addresses) answered = false;
      if (addresses && Contains(*addresses, one.address)) confirmed = true;
    }
    if (confirmed) continue;
    if (!answered) {
      outcome.unchecked = "the DNS does not answer for the PTR name of " + one.address;
    } else {
      outcome.problems.push_back(one.address + " is named " + Join(*one.names, ", ") +
                                 ", which does not resolve back to it");
    }
  }
  return outcome;
}

CheckResult Spf(const Facts& facts) {
  if (!facts.spf_texts) return Unchecked(facts.spf_texts.why_not);
  const std::string& host = facts.loaded.config.gateway.spf_host;
  std::vector<std::string> records;
  std::ranges::copy_if(*facts.spf_texts, std::back_inserter(records), spf::IsSpf);
  if (records.empty()) return {.problems = {host + " has no SPF record"}};
  if (records.size() > 1) {
    return {.problems = {host + " has " + std::to_string(records.size()) +
                         " SPF records, which receivers refuse"}};
  }
  const std::string record = " " + Lower(records[0]) + " ";
  if (record.find(" +all ") != record.npos || record.find(" all ") != record.npos) {
    return {.problems = {"the SPF record of " + host + " lets everybody send: " + records[0]}};
  }
  return {};
}

CheckResult MfromHost(const Facts& facts) {
  if (!facts.mfrom_mx) return Unchecked(facts.mfrom_mx.why_not);
  const std::string& host = facts.loaded.config.gateway.mfrom_host;
  if (!facts.mfrom_mx->empty()) {
    if (*facts.mfrom_mx != std::vector<std::string>{"."}) return {};
    return {.problems = {host + " has a null MX record: it takes no mail"}};
  }
  if (!facts.mfrom_addresses) return Unchecked(facts.mfrom_addresses.why_not);
  if (!facts.mfrom_addresses->empty()) return {};
  return {.problems = {host + " has neither MX nor address record"}};
}

std::string WithoutTracking(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return why;
  return facts.loaded.config.tracking.listen.empty()
             ? "tracking.listen is empty: nothing is tracked"
             : "";
}

CheckResult TrackingHost(const Facts& facts) {
  if (const auto why = WithoutTracking(facts); !why.empty()) return Unchecked(why);
  if (!facts.tracking_addresses) return Unchecked(facts.tracking_addresses.why_not);
  const std::string& host = facts.loaded.config.gateway.tracking_host;
  const auto& addresses = *facts.tracking_addresses;
  if (addresses.empty()) return {.problems = {host + " has no address"}};
  std::vector<std::string> ours = facts.own_addresses;
  if (facts.hello_addresses) {
    ours.insert(ours.end(), facts.hello_addresses->begin(), facts.hello_addresses->end());
  }
  if (ours.empty()) return Unchecked("the addresses of this gateway are not known");
  if (std::ranges::any_of(addresses, [&](const auto& one) { return Contains(ours, one); }))
    return {};
  return {.problems = {host + " resolves to " + Join(addresses, ", ") + ", this gateway is " +
                       Join(ours, ", ")}};
}

CheckResult TrackingProxy(const Facts& facts) {
  if (const auto why = WithoutTracking(facts); !why.empty()) return Unchecked(why);
  const auto& config = facts.loaded.config;
  if (!config.tracking.tls_certificate.empty()) {
    return Unchecked("egd has a certificate of its own for tracking");
  }
  if (config.http.listen.empty()) {
    return {.problems = {"http.listen is empty: no proxy can ask /internal/tls-check"}};
  }
  if (!facts.tls_check_status) return Unchecked(facts.tls_check_status.why_not);
  if (*facts.tls_check_status == 200 || *facts.tls_check_status == 404) return {};
  return {.problems = {"/internal/tls-check on " + config.http.listen[0] + " answers " +
                       std::to_string(*facts.tls_check_status)}};
}

CheckResult SmtpOut(const Facts& facts) {
  if (!facts.smtp_out) return Unchecked(facts.smtp_out.why_not);
  if (facts.smtp_out->empty()) return {};
  return {.problems = {*facts.smtp_out}};
}

// RFC 5782: 127.0.0.0/8 is listed. 127.255.255.0/24: Spamhaus refused to answer this resolver.
CheckResult Blocklists(const Facts& facts) {
  CheckResult outcome;
  for (const SendingAddress& one : facts.sending) {
    if (!one.listings) {
      outcome.unchecked = one.listings.why_not;
      continue;
    }
    for (const std::string& answer : *one.listings) {
      if (answer.starts_with("127.255.255.")) {
        outcome.unchecked = "Spamhaus does not answer public resolvers";
      } else {
        outcome.problems.push_back(one.address + " is listed by zen.spamhaus.org: " + answer);
      }
    }
  }
  if (facts.sending.empty()) outcome.unchecked = "no sending address is known; say --address";
  return outcome;
}

}  // namespace

std::vector<Check> DnsChecks() {
  return {{"resolvers", Resolvers},          {"resolver-edns", Edns},
          {"resolver-dnssec", Dnssec},       {"hello-name", HelloName},
          {"hello-address", HelloAddress},   {"ptr", Ptr},
          {"ptr-forward", PtrForward},       {"spf", Spf},
          {"mfrom-host", MfromHost},         {"tracking-host", TrackingHost},
          {"tracking-proxy", TrackingProxy}, {"smtp-out", SmtpOut},
          {"blocklists", Blocklists}};
}

}  // namespace egd::cli
