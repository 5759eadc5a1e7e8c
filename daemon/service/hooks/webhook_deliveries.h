// Webhook deliveries, seen and repaired: the log of attempts, replays, and tests of an endpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/webhook.h"
#include "daemon/core/webhook_delivery.h"
#include "daemon/http_client/transport.h"
#include "daemon/store/store.h"
#include "daemon/store/webhook_job_store.h"
#include "daemon/store/webhook_replay_store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

struct WebhookAttemptPage {
  std::vector<store::WebhookAttempt> attempts;  // newest first
  int64_t total = 0;                            // of all pages
  int64_t pending = 0;                          // deliveries still to be made
};

// Which events to deliver again: exactly one is set.
struct ReplayChoice {
  std::optional<int64_t> sequence, since_sequence;
  std::optional<UnixMillis> since_time;
};

struct ReplayLog {
  std::vector<store::LoggedReplay> replays;  // oldest first
  int64_t last_id = 0;                       // there is none after it
};

struct WebhookSample {
  core::EventType event = core::EventType::kAccepted;
  http_client::HttpReply reply;
};

// A webhook of another user is kNotFound, as one that is not there. Owned by Daemon. Thread-safe;
// blocks on the store and also returns its kUnavailable and kInternal.
class WebhookDeliveries {
 public:
  using Post = std::function<void(core::WebhookPost, http_client::Transport::Done)>;

  // `post` makes a post within `timeout`, on another thread.
  WebhookDeliveries(store::Store& store, const auth::Vault& vault, const Clock& clock, Post post,
                    std::chrono::milliseconds timeout)
      : store_(store), vault_(vault), clock_(clock), post_(std::move(post)), timeout_(timeout) {}

  Result<WebhookAttemptPage> List(int64_t user_id, const store::WebhookAttemptFilter& filter,
                                  int64_t start, int64_t count);
  // How many events are delivered again. kInvalidArgument: the webhook is told of no event of this
  // sequence.
  Result<int64_t> Replay(int64_t user_id, int64_t webhook_id, const ReplayChoice& choice);
  // The domain's replays after that one, of those that are kept; without `after` none, but the place
  // to go on from. kNotFound: another user's domain.
  Result<ReplayLog> ListReplays(int64_t user_id, int64_t domain_id, std::optional<int64_t> after);
  // Posts a sample of that kind, or of each, and waits.
  Result<std::vector<WebhookSample>> Test(int64_t user_id, int64_t webhook_id,
                                          std::optional<core::EventType> kind = std::nullopt);

 private:
  Result<std::vector<core::WebhookPost>> Samples(int64_t user_id, int64_t webhook_id,
                                                 const std::vector<core::EventType>& kinds);
  std::vector<http_client::HttpReply> PostAll(std::vector<core::WebhookPost> posts);

  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
  const Post post_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace egd::service
