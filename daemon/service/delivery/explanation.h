// Why a message is where it is: its timeline, and for each recipient the last attempt, what was
// said, which rule judged it, and when it is tried again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/core/message.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

constexpr UnixMillis kAttemptMillis = 7 * kDayMillis;  // how long a dialogue is kept

struct RecipientStory {
  std::string address;
  std::string destination;         // of one that waits
  bool waits = false;              // in the queue
  int attempts = 0;                // of one that waits
  UnixMillis next_attempt_at = 0;  // of one that waits
  core::Event last;                // its newest event about delivery
  std::string rule;                // of the failure policy, that judged the last attempt
  std::string dialogue;            // of the last attempt, a line each; empty after 7 days
};

struct Explanation {
  core::Message message;
  std::vector<std::string> paused;         // destinations that an operator paused
  std::vector<RecipientStory> recipients;  // at most kMostRecipients
  std::vector<core::Event> timeline;       // oldest first, at most kMostEvents, the newest
};

class Explanations {
 public:
  static constexpr size_t kMostRecipients = 100;
  static constexpr size_t kMostEvents = 1000;

  // Both must outlive it. Thread-safe.
  Explanations(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // `user_id`: whose message it must be; nothing: anybody's. `recipient`: only that one's story;
  // empty: everybody's. kNotFound: no such message.
  Result<Explanation> Explain(std::optional<int64_t> user_id, const Uuid& message_id,
                              std::string_view recipient);

 private:
  store::Store& store_;
  const Clock& clock_;
};

}  // namespace egd::service
