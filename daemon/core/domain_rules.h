// What may be a sender domain, what its hosts are called and which records it has to publish. Pure,
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/domain.h"
#include "shared/config/config.h"

namespace egd::core {

// The name in the house's form (host_name.h). Nothing when mail cannot come from it or nobody can
// own it: no host name, a single label, an address, a public suffix.
std::optional<std::string> NormalizeSenderDomain(std::string_view text);

// A subdomain or track prefix: 1 to 32 letters, digits and hyphens, no hyphen at either end.
bool IsHostPart(std::string_view text);
bool IsTrackMerge(std::string_view text);  // "-" or "."

// Sets mfrom_host and tracking_host from the domain's own settings and, where it has none, the
// gateway's.
void DeriveHosts(SenderDomain& domain, const config::Config::Gateway& gateway);

// The template's rows for this domain, unchecked; its hosts and DKIM keys are set. Rows with
// {selector} or {dkim_public_key} are there for its main key, and once more at the end for each
// other key. A name holds one CNAME only (RFC 1034 section 3.6.2), so a row that repeats the host
// of an earlier CNAME is left out: the tracking row, when tracking uses the return-path host.
std::vector<DnsRecord> RecordsToPublish(const SenderDomain& domain,
                                        const std::vector<config::DnsRecordTemplate>& rows,
                                        const config::Config::Gateway& gateway);

// Those of one DKIM key. When no row names the key, the default row does: no key signs before its
// record was seen.
std::vector<DnsRecord> RecordsOfKey(const SenderDomain& domain, const DkimKey& key,
                                    const std::vector<config::DnsRecordTemplate>& rows,
                                    const config::Config::Gateway& gateway);

// Every host of the domain and its records fits in the DNS: labels to 63, names to 253.
bool HostsFit(const SenderDomain& domain);

// Both ask for the same, whatever their verdicts.
bool SameRecords(const std::vector<DnsRecord>& a, const std::vector<DnsRecord>& b);

// The reason of another status goes with it.
void ChangeStatus(SenderDomain& domain, DomainStatus status);

constexpr int kFailuresToDemote = 3;  // rounds in a row: a day of broken DNS is no reason

// Draws the consequences of a round in which every record was judged, for status and
// consecutive_failures. Only required records count (core/dkim_rotation.h). All pass: Approval
// Pending becomes Enabled. Any fails: Enabled becomes Approval Pending at the third time in a row.
// Neither: nothing, since the DNS did not answer.
// Disabled and Suspended are other people's decisions and stay.
void ApplyRound(SenderDomain& domain, UnixMillis now);

// For regenerated records: as a new domain, except that Disabled and Suspended stay.
void ResetVerification(SenderDomain& domain, DomainStatus first_status);

}  // namespace egd::core
