#include "daemon/service/domains/dkim_rotation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/dkim_rotation.h"
#include "daemon/core/domain_rules.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/store/domain_store.h"
#include "shared/base/log.h"

namespace egd::service {

using core::DkimAlgorithm;
using core::SenderDomain;

DkimRotation::DkimRotation(store::Store& store, const auth::Vault& vault, const Clock& clock,
                           const config::Config& config, dkim::MakeKey make_key)
    : store_(store),
      vault_(vault),
      clock_(clock),
      gateway_(config.gateway),
      rows_(config.dns_records),
      dkim_(config.dkim),
      make_key_(std::move(make_key)) {}

DkimRotation::Algorithms DkimRotation::Missing(const SenderDomain& domain) const {
  Algorithms missing = {DkimAlgorithm::kRsaSha256};
  if (dkim_.ed25519) missing.push_back(DkimAlgorithm::kEd25519Sha256);
  std::erase_if(missing,
                [&](DkimAlgorithm one) { return core::PendingDkimKey(domain, one) != nullptr; });
  return missing;
}

void DkimRotation::Add(SenderDomain& domain, DkimAlgorithm algorithm,
                       const dkim::KeyPair& pair) const {
  core::DkimKey key = core::NextDkimKey(domain, algorithm, clock_.Now());
  key.public_key = pair.public_key;
  SealDkimKey(domain, key, pair.private_key, vault_);
  domain.dkim_keys.push_back(key);
  std::ranges::move(core::RecordsOfKey(domain, key, rows_, gateway_),
                    std::back_inserter(domain.records));
}

Result<Rotation> DkimRotation::Start(int64_t user_id, int64_t domain_id) {
  const auto before =
      store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, domain_id); });
  if (!before) return before.error();
  // Before the commit, in which the writer would have to wait for them.
  std::vector<std::pair<DkimAlgorithm, dkim::KeyPair>> made;
  for (const DkimAlgorithm one : Missing(*before)) made.emplace_back(one, make_key_(one));

  const UnixMillis grace = std::chrono::milliseconds(dkim_.rotation_grace).count();
  auto rotation = store_.Write([&](store::Transaction& tx) -> Result<Rotation> {
    auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain.error();
    const Algorithms missing = Missing(*domain);
    if (!dkim_.ed25519) {
      core::WithdrawDkimKeys(*domain, DkimAlgorithm::kEd25519Sha256, clock_.Now(), grace);
    }
    bool added = false;
    for (const auto& [algorithm, pair] : made) {
      if (std::ranges::find(missing, algorithm) == missing.end()) continue;
      Add(*domain, algorithm, pair);
      added = added || algorithm == DkimAlgorithm::kRsaSha256;
    }
    if (!core::HostsFit(*domain)) return Unprocessable("A record's host would be too long.");
    store::DomainStore(tx).ReplaceKeys(*domain);
    return Rotation{*std::move(domain), !added, dkim_.rotation_grace};
  });
  if (rotation) {
    log::Info("DKIM rotation started", {{"domain", rotation->domain.name},
                                        {"id", std::to_string(domain_id)},
                                        {"selector", rotation->domain.dkim_keys.back().selector},
                                        {"pending", rotation->already_pending ? "before" : "now"}});
  }
  return rotation;
}

}  // namespace egd::service
