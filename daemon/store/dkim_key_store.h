// The DKIM keys of sender domains (core/dkim_rotation.h). Private keys are sealed; this room cannot
// open them.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/core/dkim_key.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class DkimKeyStore {
 public:
  explicit DkimKeyStore(Connection& connection) : connection_(connection) {}

  std::vector<core::DkimKey> List(int64_t domain_id);  // oldest first
  // `keys` are all that the domain has from now on.
  void Replace(int64_t domain_id, const std::vector<core::DkimKey>& keys);
  // IDs of the domains that have a key due by `now`, longest due first.
  std::vector<int64_t> ListDomainsDue(UnixMillis now, size_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
