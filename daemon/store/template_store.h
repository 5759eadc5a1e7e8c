// E-mail templates of a user.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class TemplateStore {
 public:
  explicit TemplateStore(Connection& connection) : connection_(connection) {}

  std::optional<core::EmailTemplate> Find(int64_t user_id,
                                          int64_t id);     // nothing for another user's
  std::vector<core::EmailTemplate> List(int64_t user_id);  // by id, without contents
  void Insert(core::EmailTemplate& email);                 // gives email.id
  bool Update(const core::EmailTemplate& email);           // all but id, user_id, created_at
  bool Delete(int64_t user_id, int64_t id);

 private:
  Connection& connection_;
};

}  // namespace egd::store
