#include "daemon/service/domains/domains.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "daemon/core/dkim_rotation.h"
#include "daemon/core/domain_rules.h"
#include "daemon/dkim/private_key.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/rollup_store.h"
#include "daemon/store/sweep_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/log.h"
#include "shared/base/random.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using Problems = std::vector<DomainProblem>;

// Which of the settings is not valid, and why; empty: none.
std::string FaultOf(const HostSettings& hosts) {
  const auto valid = [](const std::optional<std::string>& text, bool (*check)(std::string_view)) {
    return !text || text->empty() || check(*text);
  };
  const std::string part =
      " must have 1 to 32 letters, digits and hyphens, and no hyphen at either end";
  if (!valid(hosts.subdomain, core::IsHostPart)) return "Subdomain" + part;
  if (!valid(hosts.track_prefix, core::IsHostPart)) return "TrackPrefix" + part;
  return valid(hosts.track_merge, core::IsTrackMerge) ? "" : "TrackMerge must be - or .";
}

std::string TooLong(const core::SenderDomain& domain) {
  return "Subdomain, TrackPrefix and TrackMerge make hosts that do not fit in the DNS, such as " +
         domain.tracking_host + ": a label has at most 63 characters, a name 253";
}

bool NameAnything(const HostSettings& hosts) {
  return hosts.subdomain.value_or("") + hosts.track_prefix.value_or("") != "";
}

void Apply(std::optional<std::string>& custom, const std::optional<std::string>& text) {
  if (!text) return;
  custom.reset();
  if (!text->empty()) custom = Lower(*text);
}

void Apply(core::SenderDomain& domain, const HostSettings& hosts) {
  Apply(domain.custom_subdomain, hosts.subdomain);
  Apply(domain.custom_track_prefix, hosts.track_prefix);
  Apply(domain.custom_track_merge, hosts.track_merge);
  domain.track_prefix_disabled = hosts.track_prefix_disabled.value_or(domain.track_prefix_disabled);
}

void Apply(core::SenderDomain& domain, const DomainSettings& settings) {
  domain.link_tracking = settings.link_tracking.value_or(domain.link_tracking);
  domain.open_tracking = settings.open_tracking.value_or(domain.open_tracking);
  domain.unsubscribe_link = settings.unsubscribe_link.value_or(domain.unsubscribe_link);
  domain.hosting_provider = settings.hosting_provider.value_or(domain.hosting_provider);
  Apply(domain, settings.hosts);
}

// What decides the names of a domain's hosts.
auto NamesOf(const core::SenderDomain& domain, const config::Config::Gateway& gateway) {
  return std::tuple(domain.custom_subdomain.value_or(gateway.subdomain),
                    domain.custom_track_prefix.value_or(gateway.track_prefix),
                    domain.custom_track_merge.value_or(gateway.track_merge),
                    domain.track_prefix_disabled);
}

// What stands in the way of one more domain, in the user's own list.
Result<Problems> FindObstacles(store::Connection& connection, int64_t user_id,
                               const std::optional<std::string>& name) {
  const auto user = store::UserStore(connection).Find(user_id);
  if (!user) return Forbidden("The user does not exist any more.");
  store::DomainStore domains(connection);
  Problems problems;
  if (user->max_sender_domains > 0 && domains.CountByUser(user_id) >= user->max_sender_domains) {
    problems.push_back(DomainProblem::kLimitReached);
  }
  if (name && domains.FindByName(user_id, *name)) problems.push_back(DomainProblem::kAlreadyThere);
  return problems;
}

// Another user may hold the name: then it waits for approval, as a domain with records does.
void InsertDomain(store::Transaction& transaction, core::SenderDomain& domain) {
  store::DomainStore domains(transaction);
  if (domains.Insert(domain) != store::DomainSaved::kEnabledElsewhere) return;
  domain.status = core::DomainStatus::kApprovalPending;
  domains.Insert(domain);
}

void SaveDomain(store::Transaction& transaction, core::SenderDomain& domain) {
  store::DomainStore domains(transaction);
  if (domains.Update(domain) != store::DomainSaved::kEnabledElsewhere) return;
  domain.status = core::DomainStatus::kApprovalPending;
  domains.Update(domain);
}

// Recipients that the writer counts in a few milliseconds. Of more it is told how many there were a
// moment before.
constexpr int64_t kMostToCount = 200'000;

void LogChange(std::string_view event, const core::SenderDomain& domain) {
  log::Info(event, {{"domain", domain.name},
                    {"id", std::to_string(domain.id)},
                    {"user", std::to_string(domain.user_id)},
                    {"status", std::string(core::Name(domain.status))}});
}

}  // namespace

Domains::Domains(store::Store& store, const auth::Vault& vault, const Clock& clock,
                 const config::Config& config, dkim::MakeKey make_key)
    : store_(store),
      vault_(vault),
      clock_(clock),
      gateway_(config.gateway),
      rows_(config.dns_records),
      ed25519_(config.dkim.ed25519),
      make_key_(std::move(make_key)) {}

// Without records there is nothing to wait for.
core::DomainStatus Domains::FirstStatus() const {
  return rows_.empty() ? core::DomainStatus::kEnabled : core::DomainStatus::kApprovalPending;
}

void Domains::Regenerate(core::SenderDomain& domain) const {
  core::DeriveHosts(domain, gateway_);
  domain.records = core::RecordsToPublish(domain, rows_, gateway_);
}

// Its keys are still without material.
core::SenderDomain Domains::Make(int64_t user_id, const std::string& name,
                                 const HostSettings& hosts) const {
  core::SenderDomain domain;
  domain.user_id = user_id;
  domain.name = name;
  domain.status = FirstStatus();
  domain.created_at = clock_.Now();
  domain.last_checked_at = domain.created_at;  // the background check leaves its owner a day
  AddDkimKeys(domain);
  Apply(domain, hosts);
  Regenerate(domain);
  return domain;
}

// The RSA key signs from the first message on: that its record is there is what enables the domain.
void Domains::AddDkimKeys(core::SenderDomain& domain) const {
  using core::DkimAlgorithm;
  core::DkimKey main = core::NextDkimKey(domain, DkimAlgorithm::kRsaSha256, domain.created_at);
  main.state = core::DkimKeyState::kActive;
  domain.dkim_keys.push_back(std::move(main));
  if (!ed25519_) return;
  domain.dkim_keys.push_back(
      core::NextDkimKey(domain, DkimAlgorithm::kEd25519Sha256, domain.created_at));
}

Result<Problems> Domains::FindProblems(int64_t user_id, const std::optional<std::string>& name,
                                       const HostSettings& hosts) {
  const auto normal = name ? core::NormalizeSenderDomain(*name) : std::nullopt;
  Result<Problems> found =
      store_.Read([&](store::Connection& c) { return FindObstacles(c, user_id, normal); });
  if (!found) return found;
  if (name && !normal) found->push_back(DomainProblem::kNameInvalid);
  if (!FaultOf(hosts).empty()) {
    found->push_back(DomainProblem::kHostsInvalid);
  } else if (normal && !core::HostsFit(Make(user_id, *normal, hosts))) {
    found->push_back(NameAnything(hosts) ? DomainProblem::kHostsInvalid
                                         : DomainProblem::kNameInvalid);
  }
  std::ranges::sort(*found);
  return found;
}

std::string Domains::ExplainHosts(const std::string& name, const HostSettings& hosts) const {
  std::string fault = FaultOf(hosts);
  const auto normal = core::NormalizeSenderDomain(name);
  return fault.empty() && normal ? TooLong(Make(0, *normal, hosts)) : fault;
}

Result<AddedDomain> Domains::Add(int64_t user_id, const std::string& name,
                                 const HostSettings& hosts) {
  // Asked before the costly key is made, and again where nobody can come between.
  const Result<Problems> early = FindProblems(user_id, name, hosts);
  if (!early) return early.error();
  if (!early->empty()) return AddedDomain(*early);

  core::SenderDomain domain = Make(user_id, *core::NormalizeSenderDomain(name), hosts);
  for (core::DkimKey& key : domain.dkim_keys) {
    const dkim::KeyPair pair = make_key_(key.algorithm);
    key.public_key = pair.public_key;
    SealDkimKey(domain, key, pair.private_key, vault_);
  }
  SealSigningKey(domain, RandomBytes(kSigningKeyBytes), vault_);
  Regenerate(domain);
  const Result<Problems> late = store_.Write([&](store::Transaction& tx) {
    Result<Problems> found = FindObstacles(tx, user_id, domain.name);
    if (found && found->empty()) InsertDomain(tx, domain);
    return found;
  });
  if (!late) return late.error();
  if (!late->empty()) return AddedDomain(*late);
  LogChange("domain added", domain);
  return AddedDomain(domain);  // moved, g++ 12 takes it for uninitialised at -O2
}

Result<core::SenderDomain> Domains::Find(int64_t user_id, int64_t domain_id) {
  return store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, domain_id); });
}

Result<core::SenderDomain> Domains::FindByName(int64_t user_id, std::string_view name) {
  return store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, name); });
}

Result<std::vector<core::SenderDomain>> Domains::List(int64_t user_id) {
  return store_.Read(
      [&](store::Connection& c) { return store::DomainStore(c).ListByUser(user_id); });
}

Result<std::vector<CountedDomain>> Domains::ListCounted(int64_t user_id) {
  const int64_t today = store::DayOf(clock_.Now());
  return store_.Read([&](store::Connection& c) {
    std::vector<CountedDomain> counted;
    for (core::SenderDomain& domain : store::DomainStore(c).ListByUser(user_id)) {
      CountedDomain& one = counted.emplace_back();
      one.belongings = store::DomainStore(c).CountBelongings(domain.id);
      for (const auto& [day, events] :
           store::RollupStore(c).CountByDay(domain.id, {today - 6, today}))
        one.last_days += events;
      one.domain = std::move(domain);
    }
    return counted;
  });
}

Result<UpdatedDomain> Domains::Update(int64_t user_id, int64_t domain_id,
                                      const DomainSettings& settings) {
  if (std::string fault = FaultOf(settings.hosts); !fault.empty()) {
    return InvalidArgument(std::move(fault));
  }
  auto updated = store_.Write([&](store::Transaction& tx) -> Result<UpdatedDomain> {
    auto found = FindOwnDomain(tx, user_id, domain_id);
    if (!found) return found.error();
    core::SenderDomain domain = std::move(*found);
    const auto names = NamesOf(domain, gateway_);
    Apply(domain, settings);
    const bool changed = NamesOf(domain, gateway_) != names;
    if (changed) {
      Regenerate(domain);
      if (!core::HostsFit(domain)) return InvalidArgument(TooLong(domain));
      core::ResetVerification(domain, FirstStatus());
      store::DomainStore(tx).ReplaceRecords(domain.id, domain.records);
    }
    if (settings.status || settings.status_reason) {
      domain.status_reason = settings.status_reason.value_or("");
    }
    if (!settings.status) {
      SaveDomain(tx, domain);
      return UpdatedDomain{std::move(domain), changed};
    }
    domain.status = *settings.status;
    tx.notes().may_be_due = true;
    domain.consecutive_failures = 0;
    if (store::DomainStore(tx).Update(domain) == store::DomainSaved::kEnabledElsewhere) {
      return Conflict("Another user holds this domain Enabled");
    }
    return UpdatedDomain{std::move(domain), changed};
  });
  if (updated && updated->hosts_changed) LogChange("domain hosts changed", updated->domain);
  if (updated && settings.status) LogChange("domain status set", updated->domain);
  return updated;
}

Result<int64_t> Domains::ClearQueue(int64_t user_id, int64_t domain_id) {
  const auto before = store_.Read([&](store::Connection& connection) {
    return store::QueueStore(connection).CountByDomain(domain_id);
  });
  if (!before) return before.error();
  const auto cleared = store_.Write([&](store::Transaction& tx) -> Result<int64_t> {
    const auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain.error();
    store::QueueStore queue(tx);
    const int64_t closed = queue.Close(domain_id);
    if (closed == 0) return 0;
    store::SweepStore(tx).Add({store::SweepKind::kClearedQueue, closed});
    const int64_t count = *before > kMostToCount ? *before : queue.CountClosed(closed);
    SweepSome(tx, clock_.Now());
    return count;
  });
  if (!cleared) return cleared;
  log::Info("domain queue cleared",
            {{"id", std::to_string(domain_id)}, {"recipients", std::to_string(*cleared)}});
  return cleared;
}

Result<void> Domains::Delete(int64_t user_id, int64_t domain_id) {
  const auto deleted = store_.Write([&](store::Transaction& tx) {
    auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain;
    store::DomainStore(tx).Delete(domain_id);
    SweepSome(tx, clock_.Now());
    return domain;
  });
  if (!deleted) return deleted.error();
  LogChange("domain deleted", *deleted);
  return {};
}

}  // namespace egd::service
