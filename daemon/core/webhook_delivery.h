// The narrow interface between the webhook sender and what keeps its promises: the sender decides
// when and how, a WebhookLedger (implemented by service, over the store) decides what waits, what
// it says and what is remembered.
//
// Why a job is a row. Each event leaves one row for each webhook that wants it, in the event's own
// commit: 3-5 µs of the writer's time, nothing for a domain without webhooks. (Where many want it,
// the commit leaves one row, from which theirs are made at once after it, some hundreds a commit.)
// Against it stands a
// cursor an endpoint over the event log: it would cost accepting nothing, but needs an index of all
// events by domain and sequence, cannot say what of its stretch is done without rows of its own,
// and reads over every event that nobody wants. With rows, what waits is in the store alone (a
// million of them cost no memory), a crash loses nothing, and deleting a webhook ends its work. New
// jobs are read in the order of their sequence. A job that failed moves to a second table, ordered
// by when it is due, so that what waits for hours is never read over; the jobs of the same message
// behind it wait there too, which is what keeps the events of a message in order.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::core {

// One event on its way to one webhook.
struct WebhookJob {
  int64_t endpoint = 0;
  int64_t sequence = 0;  // the event's
  int64_t webhook_id = 0;
  int64_t message = 0;  // the number of the event's message
  int attempts = 0;     // made so far
  bool waited = false;  // among the retries, not the new jobs

  std::pair<int64_t, int64_t> Key() const { return {sequence, webhook_id}; }  // in its endpoint
};

// A signed POST, complete (Standard Webhooks 1.0.0).
struct WebhookPost {
  WebhookJob job;
  std::string url;
  std::string id;         // webhook-id: of event and webhook, the same in every attempt
  std::string timestamp;  // webhook-timestamp, Unix seconds
  std::string signature;  // webhook-signature: one or more, space between them
  std::string body;
};

enum class WebhookOutcome {
  kDelivered,  // stored as numbers: never renumber
  kRetry,
  kFailed,  // the last attempt: it waits for a replay
  kHeld,    // not attempted: an earlier event of its message waits for a retry
  kDropped  // nobody wants it any more
};

// What became of a job.
struct WebhookResult {
  WebhookJob job;  // as it was before the attempt
  WebhookOutcome outcome = WebhookOutcome::kDelivered;
  UnixMillis at = 0;               // when the attempt ended
  UnixMillis next_attempt_at = 0;  // of kRetry
  int status = 0;                  // HTTP status; 0: there was none
  int64_t latency_ms = 0;
  std::string response;  // its beginning, printable
  std::string error;     // why it was no success, one sentence
};

// Jobs that the sender has in hand: not to be given again.
struct WebhooksInHand {
  std::set<std::pair<int64_t, int64_t>> jobs;  // their keys
  std::multiset<int64_t> messages;             // theirs; no other job of them: order
};

struct WebhookBatch {
  std::vector<WebhookPost> posts;  // each of another message
  std::vector<WebhookResult>
      settled;               // kFailed, kHeld, kDropped: to be recorded without an attempt
  UnixMillis next_due = 0;   // when the first retry comes due; 0: there is none
  bool passed_over = false;  // something waits for what is in hand
};

class WebhookLedger {
 public:
  virtual ~WebhookLedger() = default;
  // Up to `most` posts of an endpoint that are due: retries first, then new ones in their order.
  // Blocks on the store; kUnavailable, kInternal.
  virtual Result<WebhookBatch> Load(int64_t endpoint, size_t most, const WebhooksInHand&) = 0;
  // The user whose endpoint it is; 0: nobody's any more. Blocks on the store.
  virtual Result<int64_t> OwnerOf(int64_t endpoint) = 0;
  // Endpoints beyond `after` that have jobs, ascending, at most `most`. Blocks on the store.
  virtual Result<std::vector<int64_t>> ListEndpoints(int64_t after, size_t most) = 0;
  // Commits results of one or several endpoints. `done` runs once, on the writer's thread, when
  // the commit is synced or with its error.
  virtual void Record(std::vector<WebhookResult> results,
                      std::function<void(Result<void>)> done) = 0;
};

}  // namespace egd::core
