// Rotation of a sender domain's DKIM keys: a new key beside the one that signs. What follows is
// core/dkim_rotation.h, in the rounds of verify_domain.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/domain.h"
#include "daemon/dkim/private_key.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

struct Rotation {
  core::SenderDomain domain;      // with its pending keys and their records
  bool already_pending = false;   // an earlier rotation waits for its record: it is the answer
  std::chrono::seconds grace{0};  // how long the record of the old key has to stay after cut-over
};

// Callers have checked that the one who asks is permitted. Owned by Daemon. Thread-safe; blocks on
// the store and also returns its kUnavailable and kInternal.
class DkimRotation {
 public:
  // Takes [dkim], the names and the record template from `config`.
  DkimRotation(store::Store& store, const auth::Vault& vault, const Clock& clock,
               const config::Config& config, dkim::MakeKey make_key = dkim::GenerateKey);

  // Makes the domain's next RSA key, and with [dkim] ed25519 its next ed25519 key; without it those
  // that the domain has are withdrawn. Keys that are pending already stay, so asking twice is
  // harmless. Makes the keys on the caller's thread. kNotFound; kUnprocessable: a record's host would
  // be too long for the DNS, nothing was changed.
  Result<Rotation> Start(int64_t user_id, int64_t domain_id);

 private:
  using Algorithms = std::vector<core::DkimAlgorithm>;

  Algorithms Missing(const core::SenderDomain& domain) const;
  void Add(core::SenderDomain& domain, core::DkimAlgorithm algorithm,
           const dkim::KeyPair& pair) const;

  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
  const config::Config::Gateway gateway_;
  const std::vector<config::DnsRecordTemplate> rows_;
  const config::Config::Dkim dkim_;
  const dkim::MakeKey make_key_;
};

}  // namespace egd::service
