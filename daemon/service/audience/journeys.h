// Journeys and their actions (contract section 8).
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

// A journey of another user is kNotFound, as one that is not there. Owned by Daemon. Thread-safe;
// blocks on the store and also returns its kUnavailable and kInternal.
class Journeys {
 public:
  Journeys(store::Store& store, const Clock& clock, const config::Config::Limits& limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  // With its actions; gives all ids. kForbidden: the user has too many.
  Result<core::Journey> Create(core::Journey journey);
  Result<core::Journey> Get(int64_t user_id, int64_t id);
  Result<std::vector<core::Journey>> List(int64_t user_id);               // oldest first
  Result<void> Delete(int64_t user_id, const std::vector<int64_t>& ids);  // all or none
  // kConflict: an action's id is not one of the journey's.
  Result<core::Journey> ReplaceActions(int64_t user_id, int64_t id,
                                       std::vector<core::JourneyAction> actions);

 private:
  store::Store& store_;
  const Clock& clock_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
