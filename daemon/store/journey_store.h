// Journeys and their actions: names under which messages are followed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class JourneyStore {
 public:
  explicit JourneyStore(Connection& connection) : connection_(connection) {}

  std::optional<core::Journey> Find(int64_t user_id, int64_t id);  // nothing for another user's
  std::optional<int64_t> FindByAction(int64_t action_id);  // the journey's id, whosever it is
  std::vector<core::Journey> List(int64_t user_id);        // by id, with actions
  void Insert(core::Journey& journey);                     // with its actions; gives all ids
  // The journey's actions become `actions`, in this order: those with an id of this journey keep
  // it, those with 0 get one, the others go. False, and nothing changed: an id is not this
  // journey's.
  bool ReplaceActions(int64_t journey_id, std::vector<core::JourneyAction>& actions);
  bool Delete(int64_t user_id, int64_t id);

 private:
  std::vector<core::JourneyAction> ListActions(int64_t journey_id);

  Connection& connection_;
};

}  // namespace egd::store
