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
  bool Delete(int64_t user_id, int64_t id);  // with its subscribers

 private:
  Connection& connection_;
};

}  // namespace egd::store
