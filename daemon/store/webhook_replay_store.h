// The log of replays: which events were posted to a webhook again.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/store/connection.h"
#include "daemon/store/webhook_job_store.h"

namespace egd::store {

constexpr int64_t kReplaysKept = 100;  // of a domain: followers look every second

struct LoggedReplay {
  int64_t id = 0, webhook_id = 0;
  core::EventType event = core::EventType::kAccepted;
  int64_t first_sequence = 0, last_sequence = 0;  // both ends included
  UnixMillis since = 0;                           // only events from then on
  UnixMillis at = 0;                              // when it was asked for
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class WebhookReplayStore {
 public:
  explicit WebhookReplayStore(Connection& connection) : connection_(connection) {}

  // Of the domain only the newest kReplaysKept stay.
  void Add(const WebhookReplay& replay, UnixMillis at);
  // Those after `after`, oldest first.
  std::vector<LoggedReplay> List(int64_t domain_id, int64_t after);
  int64_t LastId(int64_t domain_id);  // 0: none

 private:
  Connection& connection_;
};

}  // namespace egd::store
