// What became of a message, and changing what has not gone out: one recipient after the other,
// cancelled or given another time. Policy:
//  - What a server may be getting now (its lease has an owner, store/queue_store.h) is left alone:
//    its outcome stands. A recipient that waits for its destination is nobody's.
//  - Each cancelled recipient gets a `rejected` event, reason `cancelled`, in the commit that takes
//    it out of the queue. What counted for the user's limits stays counted; a scheduled message of
//    which nothing is left is scheduled no more.
//  - Of a send to a list, those who are not yet recipients are cancelled by ListExpansion, which
//    goes on in the background and gives back what was counted for them.
//  - A message with many recipients is worked through in batches, a commit each: after a crash the
//    caller asks again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/core/message.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

// Whose messages there are for who asks; both unset: everybody's.
struct MessageScope {
  std::optional<int64_t> user_id, domain_id;
  std::optional<bool> is_test = {};
};

struct RecipientStatus {
  core::Event last;  // about delivery
  bool waits = false;
  std::optional<store::QueuedRecipient> queued;  // of one that waits; not of all of very many
};

struct MessageStatus {
  core::Message message;
  std::vector<RecipientStatus> recipients;  // in the order in which they were accepted
  int64_t total = 0;                        // of all pages
  int64_t pending = 0;                      // subscribers of a list that are no recipients yet
  UnixMillis at = 0;                        // now
};

struct SentMessagesOptions {
  std::chrono::seconds expire_after = std::chrono::hours(96);  // as AcceptanceOptions
  int64_t max_scheduled = 0;
};

// Owned by Daemon. Thread-safe; blocks on the store. Errors: kNotFound, there is no such message in
// the scope; the store's kUnavailable and kInternal.
class SentMessages {
 public:
  // `on_changed` runs after each commit that made mail due at another time: it wakes the queue,
  // must be thread-safe and not block.
  SentMessages(store::Store& store, const Clock& clock, SentMessagesOptions options,
               std::function<void()> on_changed)
      : store_(store), clock_(clock), options_(options), on_changed_(std::move(on_changed)) {}

  // Up to `count` recipients after the first `start`. Looks at the newest 50,000 events of the
  // message: a long read of the user `asker`.
  Result<MessageStatus> Find(int64_t asker, const MessageScope& scope, const Uuid& id,
                             int64_t start, int64_t count);
  // Returns how many recipients.
  Result<int64_t> Cancel(const MessageScope& scope, const Uuid& id);
  // `send_at`: the past means at once. kInvalidArgument: later than Acceptance::kLongestDelay;
  // kUnprocessable: the user has too many scheduled messages. Returns how many recipients; without
  // any the message stays as it is.
  Result<int64_t> Reschedule(const MessageScope& scope, const Uuid& id, UnixMillis send_at);

 private:
  static constexpr size_t kBatch = 500;  // recipients: some 30 ms of the writer

  Result<int64_t> CancelSome(store::Transaction& transaction, const MessageScope& scope,
                             const Uuid& id, bool& more);
  Result<store::MovedRecipients> RescheduleSome(store::Transaction& transaction,
                                                const MessageScope& scope, const Uuid& id,
                                                UnixMillis send_at, int64_t after);

  store::Store& store_;
  const Clock& clock_;
  const SentMessagesOptions options_;
  const std::function<void()> on_changed_;
};

}  // namespace egd::service
