// What monthly limits are measured against: recipients accepted for a user, by UTC month. Exact,
// because it is counted in the transaction that accepts them.
#pragma once

#include <cstdint>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class UsageStore {
 public:
  explicit UsageStore(Connection& connection) : connection_(connection) {}

  void AddSent(int64_t user_id, UnixMillis at, int64_t recipients);
  int64_t SentInMonth(int64_t user_id, UnixMillis at);  // of the month that `at` is in

 private:
  Connection& connection_;
};

}  // namespace egd::store
