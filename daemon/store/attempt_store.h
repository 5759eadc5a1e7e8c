// The last delivery attempt at each recipient: what was said and which rule judged it. It outlives
// the recipient's place in the queue, and goes with its message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::store {

struct Attempt {
  int64_t recipient_id = 0;
  UnixMillis at = 0;
  std::string address;
  std::string rule;      // of the failure policy; empty: delivered
  std::string dialogue;  // a line each, without message content; empty: forgotten
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class AttemptStore {
 public:
  explicit AttemptStore(Connection& connection) : connection_(connection) {}

  // Replaces the recipient's attempt before. A message that is unknown leaves none.
  void Put(const Uuid& message_id, const Attempt& attempt);
  std::vector<Attempt> ListByMessage(const Uuid& message_id, UnixMillis since, size_t most);
  std::optional<Attempt> Find(int64_t recipient_id);
  // The newest at this address, in any case.
  std::optional<Attempt> FindByAddress(const Uuid& message_id, const std::string& address);
  // Of attempts before `before`, oldest first, at most `most`. Returns of how many.
  int64_t ForgetDialogues(UnixMillis before, size_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
