// How much of each kind somebody has, for the limits of it.
#pragma once

#include <cstdint>

#include "daemon/core/owned.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class OwnershipStore {
 public:
  explicit OwnershipStore(Connection& connection) : connection_(connection) {}

  // `owner`: the domain or the user, as core::Owned says. Reads an index.
  int64_t Count(core::Owned kind, int64_t owner);
  // Whether the user has at least `most` messages, of test keys or of live ones, whose time comes
  // after `now`.
  bool HasScheduled(int64_t user_id, bool is_test, UnixMillis now, int64_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
