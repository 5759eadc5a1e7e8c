#include "daemon/mailauth/check_record.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <arpa/inet.h>

#include "daemon/core/host_name.h"
#include "daemon/mailauth/check_txt.h"
#include "daemon/mailauth/verdict.h"
#include "shared/base/cut_text.h"
#include "shared/base/strings.h"
#include "shared/spf/evaluate.h"

namespace egd::mailauth {
namespace {

using core::DnsAnswer;
using core::DnsRecord;
using core::DnsStatus;
using core::DnsType;
using Strings = std::vector<std::string>;

constexpr size_t kMaxFoundBytes = 1000;  // a page of text; a 4096-bit DKIM record needs 750
constexpr int kMaxAliases = 8;           // resolvers give up between 8 and 16

constexpr std::pair<std::string_view, DnsType> kTypes[] = {{"A", DnsType::kA},
                                                           {"AAAA", DnsType::kAaaa},
                                                           {"CNAME", DnsType::kCname},
                                                           {"MX", DnsType::kMx},
                                                           {"TXT", DnsType::kTxt}};

std::optional<DnsType> TypeOf(const DnsRecord& record) {
  for (const auto& [name, type] : kTypes) {
    if (record.type == name) return type;
  }
  return std::nullopt;
}

std::string WithoutDot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return Lower(name);
}

// Records of which a name may have many: one of them has to be ours.
template <typename Matches>
Verdict CheckAny(const DnsRecord& record, const Strings& found, Matches matches) {
  if (std::ranges::any_of(found, matches)) return {found};
  return {found, "No " + record.type + " record of " + record.host + " is " + record.value + "."};
}

// Follows the chain that begins with `answer`.
Verdict CheckCname(const DnsRecord& record, const DnsAnswer& answer, DnsFacts& facts) {
  const std::string ours = WithoutDot(record.value);
  Strings chain = {answer.values.front()};
  while (WithoutDot(chain.back()) != ours) {
    const DnsAnswer& next = facts.Find(chain.back(), DnsType::kCname);
    if (next.status == DnsStatus::kTempError) return Unanswered(chain.back(), next);
    if (next.status != DnsStatus::kFound || chain.size() == kMaxAliases) {
      return {chain, record.host + " points at " + Join(chain, ", which points at ") +
                         "; it has to point at " + record.value + "."};
    }
    chain.push_back(next.values.front());
  }
  return {chain};
}

// "10 mx.example.com", or the exchange alone.
Verdict CheckMx(const DnsRecord& record, const DnsAnswer& answer) {
  Strings found;
  for (size_t i = 0; i < answer.values.size(); ++i) {
    found.push_back(std::to_string(answer.preferences[i]) + " " + WithoutDot(answer.values[i]));
  }
  const std::string ours = WithoutDot(Trim(record.value));
  const bool any_preference = ours.find(' ') == std::string::npos;
  return CheckAny(record, found, [&](const std::string& theirs) {
    return any_preference ? theirs.substr(theirs.find(' ') + 1) == ours : theirs == ours;
  });
}

// In wire form, since "::1" has many spellings; empty when it is no address.
std::string AddressBytes(const std::string& text, int family) {
  std::array<char, 16> bytes{};
  if (inet_pton(family, text.c_str(), bytes.data()) != 1) return {};
  return std::string(bytes.data(), family == AF_INET ? 4 : 16);
}

Verdict CheckAddress(const DnsRecord& record, const DnsAnswer& answer, int family) {
  const std::string ours = AddressBytes(record.value, family);
  return CheckAny(record, answer.values, [&](const std::string& text) {
    return !ours.empty() && AddressBytes(text, family) == ours;
  });
}

Verdict CheckFound(const DnsRecord& record, DnsType type, const DnsAnswer& answer,
                   DnsFacts& facts) {
  switch (type) {
    case DnsType::kA:
      return CheckAddress(record, answer, AF_INET);
    case DnsType::kAaaa:
      return CheckAddress(record, answer, AF_INET6);
    case DnsType::kCname:
      return CheckCname(record, answer, facts);
    case DnsType::kMx:
      return CheckMx(record, answer);
    case DnsType::kTxt:
      return CheckTxt(record, facts);
    case DnsType::kTlsa:
      break;  // no sender domain has one
  }
  return {};
}

Verdict Check(const DnsRecord& record, DnsFacts& facts) {
  const auto type = TypeOf(record);
  if (!type) return {{}, "Records of type " + record.type + " cannot be checked."};
  if (type == DnsType::kTxt) return CheckTxt(record, facts);
  const DnsAnswer& answer = facts.Find(record.host, *type);
  if (answer.status == DnsStatus::kTempError) return Unanswered(record.host, answer);
  if (answer.status == DnsStatus::kNxDomain) {
    return {{}, record.host + " does not exist in the DNS."};
  }
  if (answer.status == DnsStatus::kNoData || answer.values.empty()) {
    return {{}, record.host + " has no " + record.type + " record."};
  }
  return CheckFound(record, *type, answer, facts);
}

// The name below `zone`, as providers' forms want it.
std::string LabelIn(const std::string& host, const std::string& zone) {
  return host == zone ? "@" : host.substr(0, host.size() - zone.size() - 1);
}

// Forms that add the zone's name themselves, filled in with the whole name.
std::string ZoneAddedTwice(const DnsRecord& record, const std::string& domain, DnsFacts& facts) {
  for (const std::string& zone : {domain, core::OrganisationalDomain(domain)}) {
    if (zone.empty() || !core::IsWithinDomain(record.host, zone)) continue;
    DnsRecord doubled = record;
    doubled.host = record.host + "." + zone;
    if (doubled.host.size() > core::kMaxHostNameBytes) continue;
    const Verdict verdict = Check(doubled, facts);
    if (verdict.temporary || !verdict.error.empty()) continue;
    return " It is at " + doubled.host + ": the zone's name was added twice. Enter \"" +
           LabelIn(record.host, zone) + "\" as its name.";
  }
  return {};
}

std::string AddressesInstead(const DnsRecord& record, DnsFacts& facts) {
  if (TypeOf(record) != DnsType::kCname) return {};
  Strings addresses = facts.Find(record.host, DnsType::kA).values;
  const Strings& more = facts.Find(record.host, DnsType::kAaaa).values;
  addresses.insert(addresses.end(), more.begin(), more.end());
  if (addresses.empty()) return {};
  return " It has addresses instead (" + Join(addresses, ", ") +
         "): a provider that proxies the record or flattens it (Cloudflare: \"Proxied\") has to be "
         "told to publish the CNAME "
         "itself (\"DNS only\").";
}

std::string AliasInstead(const DnsRecord& record, DnsFacts& facts) {
  const DnsAnswer& alias = facts.Find(record.host, DnsType::kCname);
  if (TypeOf(record) == DnsType::kCname || alias.status != DnsStatus::kFound) return {};
  return " It is an alias (CNAME) of " + alias.values.front() +
         ", and an alias has no records of its own.";
}

// What probably went wrong where the record is not there at all.
std::string UsualMistake(const DnsRecord& record, const std::string& domain, DnsFacts& facts) {
  // All are looked for at once: each of them may need answers that have to be waited for.
  const std::string twice = ZoneAddedTwice(record, domain, facts);
  const std::string addresses = AddressesInstead(record, facts),
                    alias = AliasInstead(record, facts);
  if (!twice.empty()) return twice;
  return addresses.empty() ? alias : addresses;
}

}  // namespace

void CheckRecord(DnsRecord& record, const std::string& domain, DnsFacts& facts, UnixMillis now) {
  Verdict verdict = Check(record, facts);
  const bool failed = !verdict.error.empty() && !verdict.temporary;
  if (failed && verdict.found.empty()) verdict.error += UsualMistake(record, domain, facts);
  record.last_checked_at = now;
  record.status = verdict.temporary ? core::RecordStatus::kTempError
                  : failed          ? core::RecordStatus::kFail
                                    : core::RecordStatus::kPass;
  record.found = CutText(Printable(Join(verdict.found, ", ")), kMaxFoundBytes);
  record.error = CutText(Printable(verdict.error), kMaxFoundBytes);
}

Strings CheckGateway(const std::string& spf_host, const std::string& mfrom_host, DnsFacts& facts) {
  Strings warnings;
  if (!spf_host.empty()) {
    const spf::Verdict verdict = spf::CheckOwn(spf_host, SpfLookUp(facts));
    if (verdict.outcome != spf::Verdict::Outcome::kPass) {
      warnings.push_back("The gateway's own SPF record does not work: " + verdict.reason +
                         ". The operator has to publish it at gateway.spf_host.");
    }
  }
  if (mfrom_host.empty()) return warnings;
  bool reachable = false, temporary = false;
  for (const DnsType type : {DnsType::kMx, DnsType::kA, DnsType::kAaaa}) {
    const DnsAnswer& answer = facts.Find(mfrom_host, type);
    reachable = reachable || answer.status == DnsStatus::kFound;
    temporary = temporary || answer.status == DnsStatus::kTempError;
  }
  if (!reachable) {
    warnings.push_back(
        "Bounces cannot come back: the gateway's mail host " + mfrom_host +
        (temporary ? " cannot be looked up now" : " has neither an MX record nor an address") +
        ". The operator has to publish them at gateway.mfrom_host.");
  }
  return warnings;
}

}  // namespace egd::mailauth
