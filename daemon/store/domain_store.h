// Sender domains with the DNS records their operators publish. A name is unique per user; only one
// user may hold it Enabled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/domain.h"
#include "daemon/store/connection.h"

namespace egd::store {

enum class DomainSaved {
  kSaved,
  kAlreadyThere,      // the user has a domain of this name
  kEnabledElsewhere,  // another user's domain of this name is Enabled
  kMissing,
};

// Where an Enabled domain's mail comes from, and its bounces go.
struct SendingHosts {
  std::string domain;
  std::string mfrom_host;
};

// A domain that cannot send, whose DNS was wrong at the last check, or with a complaint level above
// "ok" (core/complaint_rate.h).
struct TroubledDomain {
  int64_t id = 0;
  std::string name;
  core::DomainStatus status = core::DomainStatus::kApprovalPending;
  int consecutive_failures = 0;
  int64_t delivered = 0, complaints = 0;  // in the days asked for
};

// What belongs to a domain.
struct DomainBelongings {
  int64_t sender_keys = 0, smtp_credentials = 0, webhooks = 0;
  UnixMillis last_event_at = 0;  // 0: none yet
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class DomainStore {
 public:
  explicit DomainStore(Connection& connection) : connection_(connection) {}

  // Found domains come with their records and DKIM keys.
  std::optional<core::SenderDomain> Find(int64_t id);
  std::optional<core::SenderDomain> FindToSign(int64_t id);  // without its records
  int64_t FindOwner(int64_t id);                 // of a deleted one too; 0: there is none
  bool IsTrackingHost(const std::string& host);  // of an Enabled domain
  std::optional<core::SenderDomain> FindByName(int64_t user_id, const std::string& name);
  std::vector<core::SenderDomain> ListByUser(int64_t user_id);  // by id
  int64_t CountByUser(int64_t user_id);
  DomainBelongings CountBelongings(int64_t id);
  std::vector<SendingHosts> ListSending();  // of the Enabled domains, by name
  // Everybody's; by name, those never verified yet behind the others. `first_day`: since the Unix
  // epoch, from which on complaints count.
  std::vector<TroubledDomain> ListTroubled(int64_t first_day, size_t most);
  bool IsReturnPathHost(const std::string& host);  // `host` is an Enabled domain's mfrom_host
  bool IsSenderDomain(const std::string& name);    // anybody's, of any status
  bool IsSending(const std::string& host);  // `host` is an Enabled domain or one's mfrom_host
  // Enabled or Approval Pending, last checked before `checked_before`, longest ago first.
  std::vector<core::SenderDomain> ListDueForCheck(UnixMillis checked_before, size_t most);

  // With its records and keys; gives domain.id, never used before.
  DomainSaved Insert(core::SenderDomain& domain);
  // Everything but id, user_id, name, created_at, the records and the DKIM keys.
  DomainSaved Update(const core::SenderDomain& domain);
  void ReplaceRecords(int64_t id, const std::vector<core::DnsRecord>& records);
  // Its DKIM keys, and its records with them.
  void ReplaceKeys(const core::SenderDomain& domain);
  // Status, found, error and last_checked_at of those records which still have the same host, type
  // and value: a verdict on a record that was regenerated meanwhile is dropped. Returns how many
  // were kept.
  size_t UpdateVerdicts(int64_t id, const std::vector<core::DnsRecord>& records);
  // With records, keys and queued mail, which upkeep sweeps; events stay. False: there is none.
  bool Delete(int64_t id);

 private:
  Connection& connection_;
};

}  // namespace egd::store
