// Sender keys (eg_live_…, and eg_test_… for tests): what an application sends mail with, each bound
// to one sender domain (contract sections 3 and 14).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

struct SenderKey {
  int64_t id = 0;
  int64_t domain_id = 0;
  std::string key;  // in the clear: for its owner's eyes only
  std::string description;
  bool is_test = false;  // what it sends never leaves the gateway
};

// The store keeps a key's digest, to find it by, and the key sealed under the vault, to show it
// again. A domain or key of another user is kNotFound, as one that is not there. Owned by Daemon.
// Thread-safe; blocks on the store and also returns its kUnavailable and kInternal.
class SenderKeys {
 public:
  SenderKeys(store::Store& store, const auth::Vault& vault, const Clock& clock,
             const config::Config::Limits& limits = {})
      : store_(store), vault_(vault), clock_(clock), limits_(limits) {}

  // kForbidden: the domain has too many.
  Result<SenderKey> Add(int64_t user_id, int64_t domain_id, const std::string& description,
                        bool is_test = false);
  Result<std::vector<SenderKey>> List(int64_t user_id, int64_t domain_id);  // oldest first
  Result<void> Delete(int64_t user_id, int64_t key_id);
  // As Add; every older key of the domain stops in the same commit.
  Result<SenderKey> Replace(int64_t user_id, int64_t domain_id, const std::string& description);

 private:
  enum class Older { kStay, kStop };
  Result<SenderKey> Make(int64_t user_id, int64_t domain_id, const std::string& description,
                         Older older, bool is_test);

  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
