// Lists of subscribers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class ListStore {
 public:
  explicit ListStore(Connection& connection) : connection_(connection) {}

  std::optional<core::SubscriberList> Find(int64_t user_id,
                                           int64_t id);     // nothing for another user's
  bool Owns(int64_t user_id, int64_t id);                   // as Find, without counting
  std::vector<core::SubscriberList> List(int64_t user_id);  // by id
  void Insert(core::SubscriberList& list);                  // gives list.id
  bool Rename(int64_t user_id, int64_t id, const std::string& name);
  // From now on nobody sees it or its subscribers, which upkeep sweeps. False: there is none.
  bool Delete(int64_t user_id, int64_t id);
  // Deletes up to `most` subscribers of a deleted list, with the last ones the list. Returns how
  // many: call again in another job until fewer.
  size_t DeletePart(int64_t id, size_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
