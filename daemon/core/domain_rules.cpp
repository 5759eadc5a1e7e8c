#include "daemon/core/domain_rules.h"

#include <algorithm>
#include <map>

#include "daemon/core/host_name.h"
#include "shared/base/strings.h"
#include "shared/config/checks.h"

namespace egd::core {
namespace {

using Placeholders = std::map<std::string, std::string, std::less<>>;

Placeholders PlaceholdersOf(const SenderDomain& domain, const config::Config::Gateway& gateway) {
  return {{"domain", domain.name},
          {"mfrom", domain.mfrom_host},
          {"tracking", domain.tracking_host},
          {"selector", domain.dkim_selector},
          {"dkim_public_key", domain.dkim_public_key},
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

std::vector<DnsRecord> RecordsToPublish(const SenderDomain& domain,
                                        const std::vector<config::DnsRecordTemplate>& rows,
                                        const config::Config::Gateway& gateway) {
  const Placeholders placeholders = PlaceholdersOf(domain, gateway);
  std::vector<DnsRecord> records;
  for (const auto& row : rows) {
    DnsRecord record;
    record.purpose = row.purpose;
    record.host = Lower(Expand(row.host, placeholders));
    record.type = row.type;
    record.value = Expand(row.value, placeholders);
    if (record.type == "CNAME" && HasCnameAt(records, record.host)) continue;
    records.push_back(std::move(record));
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

void ApplyRound(SenderDomain& domain, UnixMillis now) {
  const auto count = [&](RecordStatus status) {
    return std::count_if(domain.records.begin(), domain.records.end(),
                         [&](const DnsRecord& record) { return record.status == status; });
  };
  domain.last_checked_at = now;
  if (count(RecordStatus::kPass) == std::ssize(domain.records)) {
    domain.consecutive_failures = 0;
    if (domain.status == DomainStatus::kApprovalPending) domain.status = DomainStatus::kEnabled;
  } else if (count(RecordStatus::kFail) > 0 && ++domain.consecutive_failures >= kFailuresToDemote) {
    if (domain.status == DomainStatus::kEnabled) domain.status = DomainStatus::kApprovalPending;
  }
}

void ResetVerification(SenderDomain& domain, DomainStatus first_status) {
  domain.consecutive_failures = 0;
  if (domain.status == DomainStatus::kEnabled || domain.status == DomainStatus::kApprovalPending) {
    domain.status = first_status;
  }
}

}  // namespace egd::core
