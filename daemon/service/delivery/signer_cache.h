// The DKIM signers of the domains that send, so that a key is opened and parsed once and not for
// every message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/domain.h"
#include "daemon/dkim/signer.h"
#include "shared/base/guarded.h"
#include "shared/base/result.h"

namespace egd::service {

// Owned by DeliveryLedger. Thread-safe. Holds the `most` domains last used; a signer is some 5 KB a
// key.
class SignerCache {
 public:
  explicit SignerCache(const auth::Vault& vault, size_t most = 1000) : vault_(vault), most_(most) {}

  // The signer for the keys that are active now (core/dkim_rotation.h). kInternal: one does not
  // open or is no key.
  Result<std::shared_ptr<const dkim::Signer>> For(const core::SenderDomain& domain);

 private:
  using Keys = std::vector<core::DkimKey>;
  struct Entry {
    Keys keys;  // of which the signer was made
    std::shared_ptr<const dkim::Signer> signer;
    uint64_t used = 0;  // grows with each use of any entry
  };
  struct State {
    std::unordered_map<int64_t, Entry> by_domain;
    uint64_t uses = 0;
  };

  Result<std::shared_ptr<const dkim::Signer>> Make(const core::SenderDomain& domain,
                                                   const Keys& keys) const;
  std::shared_ptr<const dkim::Signer> Find(int64_t domain_id, const Keys& keys);
  void Keep(int64_t domain_id, Keys keys, std::shared_ptr<const dkim::Signer> signer);

  const auth::Vault& vault_;
  const size_t most_;
  Guarded<State> state_;
};

}  // namespace egd::service
