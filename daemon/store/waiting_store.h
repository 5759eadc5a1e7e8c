// What waits for its time, whatever it is: moved when the wall clock was set back. Else a retry in
// a minute would come in an hour and a minute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

// How far a move has come; begins at the beginning.
struct MovedWaits {
  enum class Table { kRecipients, kWebhookRetries, kHitWindows, kEnd };
  Table table = Table::kRecipients;
  // The keys of the last rows.
  int64_t recipient = 0;
  std::tuple<int64_t, int64_t, int64_t, int64_t> webhook_retry;
  std::tuple<int64_t, std::string> hit_window;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class WaitingStore {
 public:
  explicit WaitingStore(Connection& connection) : connection_(connection) {}

  // Makes up to `most` rows after `moved` due `by` earlier, and notes how far it came: mail on which
  // nobody works that was due before `now` was set back, retries, and what was put off; retries of
  // webhooks; windows of hits. Mail that is to go out at a later time of its sender's stays. Call
  // again in another job until kEnd.
  void MoveBack(UnixMillis by, UnixMillis now, size_t most, MovedWaits& moved);

 private:
  // Return how many rows there were.
  size_t MoveRecipients(UnixMillis by, UnixMillis now, size_t most, MovedWaits& moved);
  size_t MoveWebhookRetries(UnixMillis by, size_t most, MovedWaits& moved);
  size_t MoveHitWindows(UnixMillis by, size_t most, MovedWaits& moved);

  Connection& connection_;
};

}  // namespace egd::store
