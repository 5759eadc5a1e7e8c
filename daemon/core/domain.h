// A sender domain, its options and the DNS records its operator publishes. Values and pure rules;
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/dkim_key.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::core {

enum class DomainStatus { kApprovalPending, kEnabled, kDisabled, kSuspended };
std::string_view Name(DomainStatus status);  // "Approval Pending"
std::optional<DomainStatus> ParseDomainStatus(std::string_view name);

enum class RecordStatus { kUnchecked, kPass, kFail, kTempError };
std::string_view Name(RecordStatus status);  // "unchecked", "pass", "fail", "temperror"
std::optional<RecordStatus> ParseRecordStatus(std::string_view name);

struct DnsRecord {
  std::string purpose;   // "MFROM", "DKIM", "SPF", "DMARC", "TRACKING", or the operator's own word
  std::string host;      // full name, no trailing dot
  std::string type;      // "CNAME", "TXT", …
  std::string value;     // what must be there
  std::string selector;  // of the DKIM key that it publishes; empty: none
  RecordStatus status = RecordStatus::kUnchecked;
  std::string found;               // what was there, printable
  std::string error;               // why not, one sentence
  UnixMillis last_checked_at = 0;  // 0: never
};

struct SenderDomain {
  int64_t id = 0;
  int64_t user_id = 0;
  std::string name;  // lower case A-labels
  DomainStatus status = DomainStatus::kApprovalPending;
  std::string status_reason;  // the admin's, for setting it; empty: none
  bool link_tracking = true;
  bool open_tracking = true;
  bool unsubscribe_link = false;
  std::string hosting_provider;
  std::optional<std::string> custom_subdomain;  // nullopt: the gateway's default
  std::optional<std::string> custom_track_prefix;
  std::optional<std::string> custom_track_merge;
  bool track_prefix_disabled = false;
  std::string mfrom_host;  // return-path host, derived from the above when they were set
  std::string tracking_host;
  std::string signing_key;         // webhook secret bytes, sealed under the master key
  std::vector<DkimKey> dkim_keys;  // oldest first; one RSA key is active (core/dkim_rotation.h)
  std::vector<DnsRecord> records;
  int consecutive_failures = 0;  // failed verification rounds in a row
  UnixMillis created_at = 0;
  UnixMillis last_checked_at = 0;
};

}  // namespace egd::core
