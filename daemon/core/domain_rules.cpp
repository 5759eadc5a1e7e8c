#include "daemon/core/domain_rules.h"

#include <algorithm>
#include <map>

#include "daemon/core/dkim_rotation.h"
#include "daemon/core/host_name.h"
#include "shared/base/strings.h"
#include "shared/config/checks.h"

namespace egd::core {
namespace {

using Rows = std::vector<config::DnsRecordTemplate>;
using Placeholders = std::map<std::string, std::string, std::less<>>;

Placeholders PlaceholdersOf(const SenderDomain& domain, const DkimKey& key,
                            const config::Config::Gateway& gateway) {
  return {{"domain", domain.name},
          {"mfrom", domain.mfrom_host},
          {"tracking", domain.tracking_host},
          {"selector", key.selector},
          {"dkim_public_key", key.public_key},
          {"mfrom_host", gateway.mfrom_host},
          {"tracking_host", gateway.tracking_host},
          {"spf_host", gateway.spf_host}};
}

// One pass, so no value is expanded again. What is no placeholder stays as it is.
std::string Expand(std::string_view text, const Placeholders& placeholders) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = text.find('}', open);
    const auto found = close == std::string_view::npos
                           ? placeholders.end()
                           : placeholders.find(text.substr(open + 1, close - open - 1));
    if (found == placeholders.end()) {
      out += '{';
      text.remove_prefix(open + 1);
    } else {
      out += found->second;
      text.remove_prefix(close + 1);
    }
  }
  return out;
}

DnsRecord Fill(const config::DnsRecordTemplate& row, const Placeholders& placeholders) {
  DnsRecord record;
  record.purpose = row.purpose;
  record.host = Lower(Expand(row.host, placeholders));
  record.type = row.type;
  record.value = Expand(row.value, placeholders);
  return record;
}

bool NamesKey(const config::DnsRecordTemplate& row) {
  const std::string text = row.host + " " + row.value;
  return text.find("{selector}") != text.npos || text.find("{dkim_public_key}") != text.npos;
}

// Rows are written for RSA, whose k= tag may be left out (RFC 6376 section 3.6.1).
void NameEd25519(std::string& value) {
  constexpr std::string_view kRsa = "k=rsa", kKey = "p={dkim_public_key}";
  if (const size_t rsa = value.find(kRsa); rsa != value.npos) {
    value.replace(rsa, kRsa.size(), "k=ed25519");
  } else if (const size_t key = value.find(kKey); key != value.npos) {
    value.insert(key, "k=ed25519; ");
  }
}

bool HasCnameAt(const std::vector<DnsRecord>& records, const std::string& host) {
  return std::any_of(records.begin(), records.end(), [&](const DnsRecord& record) {
    return record.type == "CNAME" && record.host == host;
  });
}

// Looser than a host name: "_dmarc" and "_domainkey" are labels, too.
bool FitsInDns(std::string_view host) {
  const auto labels = Split(host, '.');
  return host.size() <= kMaxHostNameBytes &&
         std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
           return !label.empty() && label.size() <= kMaxLabelBytes;
         });
}

}  // namespace

std::optional<std::string> NormalizeSenderDomain(std::string_view text) {
  auto name = NormalizeDomainName(text);
  if (name && IsPublicSuffix(*name)) return std::nullopt;
  return name;
}

bool IsHostPart(std::string_view text) {
  return !config::CheckHostLabel(text);
}

bool IsTrackMerge(std::string_view text) {
  return text == "-" || text == ".";
}

void DeriveHosts(SenderDomain& domain, const config::Config::Gateway& gateway) {
  const std::string subdomain = domain.custom_subdomain.value_or(gateway.subdomain);
  domain.mfrom_host = Lower(subdomain + "." + domain.name);
  domain.tracking_host = domain.track_prefix_disabled
                             ? domain.mfrom_host
                             : Lower(domain.custom_track_prefix.value_or(gateway.track_prefix) +
                                     domain.custom_track_merge.value_or(gateway.track_merge)) +
                                   domain.mfrom_host;
}

std::vector<DnsRecord> RecordsToPublish(const SenderDomain& domain, const Rows& rows,
                                        const config::Config::Gateway& gateway) {
  const DkimKey* main = MainDkimKey(domain);
  const DkimKey key = main ? *main : DkimKey();
  const Placeholders placeholders = PlaceholdersOf(domain, key, gateway);
  std::vector<DnsRecord> records;
  for (const auto& row : rows) {
    DnsRecord record = Fill(row, placeholders);
    if (NamesKey(row)) record.selector = key.selector;
    if (record.type == "CNAME" && HasCnameAt(records, record.host)) continue;
    records.push_back(std::move(record));
  }
  for (const DkimKey& other : domain.dkim_keys) {
    if (&other == main) continue;
    std::ranges::move(RecordsOfKey(domain, other, rows, gateway), std::back_inserter(records));
  }
  return records;
}

std::vector<DnsRecord> RecordsOfKey(const SenderDomain& domain, const DkimKey& key,
                                    const Rows& rows, const config::Config::Gateway& gateway) {
  const Placeholders placeholders = PlaceholdersOf(domain, key, gateway);
  std::vector<DnsRecord> records;
  for (const Rows& some : {rows, config::DefaultDnsRecords()}) {
    for (config::DnsRecordTemplate row : some) {
      if (!NamesKey(row)) continue;
      if (key.algorithm == DkimAlgorithm::kEd25519Sha256) NameEd25519(row.value);
      records.push_back(Fill(row, placeholders));
      records.back().selector = key.selector;
    }
    if (!records.empty()) break;
  }
  return records;
}

bool HostsFit(const SenderDomain& domain) {
  return FitsInDns(domain.mfrom_host) && FitsInDns(domain.tracking_host) &&
         std::all_of(domain.records.begin(), domain.records.end(),
                     [](const DnsRecord& record) { return FitsInDns(record.host); });
}

bool SameRecords(const std::vector<DnsRecord>& a, const std::vector<DnsRecord>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const DnsRecord& one, const DnsRecord& other) {
        return one.host == other.host && one.type == other.type && one.value == other.value;
      });
}

void ChangeStatus(SenderDomain& domain, DomainStatus status) {
  if (domain.status != status) domain.status_reason.clear();
  domain.status = status;
}

void ApplyRound(SenderDomain& domain, UnixMillis now) {
  const auto required = [&](RecordStatus status) {
    return std::ranges::count_if(domain.records, [&](const DnsRecord& record) {
      return record.status == status && IsRequired(domain, record);
    });
  };
  const bool missing = required(RecordStatus::kFail) > 0;
  const bool unknown = required(RecordStatus::kUnchecked) + required(RecordStatus::kTempError) > 0;
  domain.last_checked_at = now;
  if (!missing && !unknown) {
    domain.consecutive_failures = 0;
    if (domain.status == DomainStatus::kApprovalPending)
      ChangeStatus(domain, DomainStatus::kEnabled);
  } else if (missing && ++domain.consecutive_failures >= kFailuresToDemote) {
    if (domain.status == DomainStatus::kEnabled)
      ChangeStatus(domain, DomainStatus::kApprovalPending);
  }
}

void ResetVerification(SenderDomain& domain, DomainStatus first_status) {
  domain.consecutive_failures = 0;
  if (domain.status == DomainStatus::kEnabled || domain.status == DomainStatus::kApprovalPending) {
    ChangeStatus(domain, first_status);
  }
}

}  // namespace egd::core
