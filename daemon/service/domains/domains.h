// Sender domains: adding, showing, changing and deleting them (contract section 4). What their DNS
// records are judged by is verify_domain.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/domain.h"
#include "daemon/core/statistics.h"
#include "daemon/dkim/private_key.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

// What a domain's hosts are called; nullopt: as it is. An empty text: the gateway's default.
struct HostSettings {
  std::optional<std::string> subdomain, track_prefix, track_merge;
  std::optional<bool> track_prefix_disabled;
};

struct DomainSettings {
  std::optional<bool> link_tracking, open_tracking, unsubscribe_link;
  std::optional<std::string> hosting_provider;
  HostSettings hosts;
  // The admin's to set. A new status without a reason has none.
  std::optional<core::DomainStatus> status;
  std::optional<std::string> status_reason;
};

// Why a domain was not added; nothing was changed.
enum class DomainProblem {
  kNameInvalid,   // no name that somebody can own, or too long for its hosts
  kLimitReached,  // the user's MaxSenderDomains
  kHostsInvalid,  // a subdomain, prefix or merge, or a host too long for the DNS
  kAlreadyThere,  // the user has it
};
using AddedDomain = std::variant<core::SenderDomain, std::vector<DomainProblem>>;

struct UpdatedDomain {
  core::SenderDomain domain;
  bool hosts_changed = false;  // there are new records to publish, and its status was reset
};

struct CountedDomain {
  core::SenderDomain domain;
  store::DomainBelongings belongings;
  core::EventCounts last_days;  // today and the six days before
};

// Callers have checked that the one who asks is permitted; user IDs come from their Principal.
// Owned by Daemon. Thread-safe; blocks on the store and also returns its kUnavailable and
// kInternal.
class Domains {
 public:
  // Takes the names and the record template from `config`.
  Domains(store::Store& store, const auth::Vault& vault, const Clock& clock,
          const config::Config& config, dkim::MakeKey make_key = dkim::GenerateKey);

  // What stands in the way of adding it, ascending; without `name`, of adding any.
  Result<std::vector<DomainProblem>> FindProblems(int64_t user_id,
                                                  const std::optional<std::string>& name,
                                                  const HostSettings& hosts);
  // Why kHostsInvalid: which of the settings, or that together they are too long.
  std::string ExplainHosts(const std::string& name, const HostSettings& hosts) const;

  // Makes the domain's keys as well, on the caller's thread.
  Result<AddedDomain> Add(int64_t user_id, const std::string& name, const HostSettings& hosts);

  Result<core::SenderDomain> Find(int64_t user_id, int64_t domain_id);  // kNotFound
  // In any case, as A-labels or not, with a final dot or without.
  Result<core::SenderDomain> FindByName(int64_t user_id, std::string_view name);  // kNotFound
  Result<std::vector<core::SenderDomain>> List(int64_t user_id);                  // oldest first
  Result<std::vector<CountedDomain>> ListCounted(int64_t user_id);                // the same

  // kNotFound; kInvalidArgument: the hosts, and then nothing was changed.
  Result<UpdatedDomain> Update(int64_t user_id, int64_t domain_id, const DomainSettings& settings);

  // Drops what is queued now, a part a commit, each recipient with its `rejected` event; sends to
  // lists end. What is being transmitted may still arrive. Returns how many were dropped;
  // kNotFound.
  Result<int64_t> ClearQueue(int64_t user_id, int64_t domain_id);

  // With its keys, credentials, webhooks and queued mail, in one commit; events stay. kNotFound.
  Result<void> Delete(int64_t user_id, int64_t domain_id);

 private:
  core::SenderDomain Make(int64_t user_id, const std::string& name,
                          const HostSettings& hosts) const;
  void AddDkimKeys(core::SenderDomain& domain) const;
  void Regenerate(core::SenderDomain& domain) const;
  core::DomainStatus FirstStatus() const;

  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
  const config::Config::Gateway gateway_;
  const std::vector<config::DnsRecordTemplate> rows_;
  const bool ed25519_;
  const dkim::MakeKey make_key_;
};

}  // namespace egd::service
