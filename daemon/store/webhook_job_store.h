// What waits to be posted to webhooks, and the log of attempts (core/webhook_delivery.h says why it
// is kept so).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/core/webhook.h"
#include "daemon/core/webhook_delivery.h"
#include "daemon/store/connection.h"

namespace egd::store {

struct WebhookAttempt {
  int64_t sequence = 0;  // the event's
  int attempt = 0;       // 1 for the first
  core::WebhookOutcome outcome = core::WebhookOutcome::kDelivered;
  UnixMillis at = 0;
  UnixMillis next_attempt_at = 0;  // of kRetry
  int status = 0;                  // HTTP status; 0: there was none
  int64_t latency_ms = 0;
  std::string response, error;
};

// Every set field narrows.
struct WebhookAttemptFilter {
  int64_t webhook_id = 0;  // required
  std::optional<core::WebhookOutcome> outcome = {};
  std::optional<int64_t> sequence = {};
};

// A stretch of a domain's events to post again.
struct WebhookReplay {
  core::Webhook webhook;
  int64_t first_sequence = 0, last_sequence = 0;                         // both ends included
  UnixMillis since = 0, until = std::numeric_limits<UnixMillis>::max();  // both ends included
  UnixMillis after_at = 0;  // progress: those up to this place are done
  int64_t after_sequence = 0;
};

// The domain's webhooks that want such events get their jobs: in this commit if they are few, else
// by FanOut after it. `message`: its number.
void AddWebhookJobs(Transaction& transaction, int64_t domain_id, core::EventType type,
                    int64_t sequence, int64_t message);

// Methods throw on database failure only. Bound to its connection: use within one job.
class WebhookJobStore {
 public:
  explicit WebhookJobStore(Connection& connection) : connection_(connection) {}

  // A domain whose events still wait for their jobs, beyond `after`; 0: there is none.
  int64_t NextFanOut(int64_t after);
  // Makes up to `most` jobs of such events of a domain, oldest first.
  void FanOut(Transaction& transaction, int64_t domain_id, size_t most);

  std::vector<int64_t> ListEndpoints(int64_t after, size_t most);        // with jobs, ascending
  std::vector<core::WebhookJob> ListNew(int64_t endpoint, size_t most);  // by sequence
  std::vector<core::WebhookJob> ListDue(int64_t endpoint, UnixMillis now, size_t most);
  std::vector<core::WebhookJob> ListRetries(int64_t endpoint, size_t most);  // due or not
  // When the next retry comes due; 0: there is none.
  UnixMillis NextDue(int64_t endpoint);
  // Whether a new job of the message must be held back: an earlier one waits for a retry.
  bool IsHeld(int64_t endpoint, int64_t message);
  int64_t CountOfWebhook(const core::Webhook& webhook);

  // Removes the job or moves it to the retries, lets the next of its message go on, and logs the
  // attempt if there was one. False: the job was not there any more, nothing changed.
  bool Settle(const core::WebhookResult& result);

  std::vector<WebhookAttempt> ListAttempts(const WebhookAttemptFilter& filter, int64_t offset,
                                           int64_t limit);  // newest first
  int64_t CountAttempts(const WebhookAttemptFilter& filter);
  // Makes jobs of up to `most` events, oldest first, from where `replay` stands, and moves it on.
  // Returns how many events there were: fewer than `most`, none is left. A job that waits for a
  // retry becomes due.
  size_t Replay(WebhookReplay& replay, size_t most, UnixMillis now);
  // Deletes up to `most` attempts before `before`, or of webhooks that are gone.
  size_t PurgeAttempts(UnixMillis before, size_t most);

 private:
  bool Remove(const core::WebhookJob& job);
  void Retry(const core::WebhookResult& result);
  void Hold(const core::WebhookResult& result);
  void ReleaseNext(const core::WebhookJob& job, UnixMillis now);
  void Log(const core::WebhookResult& result);
  void Repeat(const core::WebhookJob& job, UnixMillis now);

  Connection& connection_;
};

}  // namespace egd::store
