// Lists of subscribers (contract section 8). What happens to the subscribers is in subscribers.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

Error ListNotFound();

// A list of another user is kNotFound, as one that is not there. Owned by Daemon. Thread-safe;
// blocks on the store and also returns its kUnavailable and kInternal.
class Lists {
 public:
  Lists(store::Store& store, const Clock& clock, const config::Config::Limits& limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  // Gives the list's id. kForbidden: the user has too many.
  Result<int64_t> Create(int64_t user_id, const std::string& name);
  Result<core::SubscriberList> Get(int64_t user_id, int64_t id);
  Result<core::SubscriberList> Rename(int64_t user_id, int64_t id, const std::string& name);
  Result<std::vector<core::SubscriberList>> List(int64_t user_id);        // oldest first
  Result<void> Delete(int64_t user_id, const std::vector<int64_t>& ids);  // all or none

 private:
  store::Store& store_;
  const Clock& clock_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
