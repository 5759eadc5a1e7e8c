// What has expired, measured before it is deleted. The rules are those of the stores that delete it
// (MessageStore::PurgeContents and the others).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct ExpiredPart {
  int64_t entries = 0;
  int64_t bytes = 0;         // of contents; 0 of the rest, which has rows alone
  UnixMillis oldest_at = 0;  // 0: there are none
};

struct ExpiredEvents {
  core::EventType type = core::EventType::kAccepted;
  ExpiredPart part;
};

// Methods throw on database failure only, and read all that they measure: a long read. Bound to its
// connection: use within one job.
class RetentionStore {
 public:
  explicit RetentionStore(Connection& connection) : connection_(connection) {}

  ExpiredPart FinishedContents(UnixMillis finished_before);
  // The oldest of the others, so far as all contents are more than `most_bytes`.
  ExpiredPart ContentsBeyond(int64_t most_bytes, UnixMillis finished_from);
  int64_t ContentBytes();  // of all, queued ones too
  std::vector<ExpiredEvents> Events(UnixMillis before, UnixMillis now);
  ExpiredPart Messages(UnixMillis accepted_before);  // that nothing is left of but their attempts
  ExpiredPart Dialogues(UnixMillis before);
  ExpiredPart Captured(UnixMillis before);
  ExpiredPart IdempotencyAnswers(UnixMillis before);
  ExpiredPart WebhookAttempts(UnixMillis before);
  ExpiredPart Inbound(UnixMillis now, int64_t most_bytes);
  ExpiredPart InboundOutcomes(UnixMillis before);
  ExpiredPart Sessions(UnixMillis last_used_before);

 private:
  // `sql` selects entries, bytes and the oldest's time.
  ExpiredPart Measure(std::string_view sql, std::vector<int64_t> values);

  Connection& connection_;
};

}  // namespace egd::store
