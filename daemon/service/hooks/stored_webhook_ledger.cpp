#include "daemon/service/hooks/stored_webhook_ledger.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/auth/digest.h"
#include "daemon/core/domain.h"
#include "daemon/hooks/signature.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/events/event_json.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/user_store.h"
#include "daemon/store/webhook_job_store.h"
#include "daemon/store/webhook_store.h"
#include "shared/base/log.h"

namespace egd::service {
namespace {

using core::WebhookBatch;
using core::WebhookJob;
using core::WebhookOutcome;
using core::WebhookResult;

// Beyond what is in hand: jobs looked at to find some of messages that are not.
constexpr size_t kLookAhead = 64;
constexpr size_t kDropAtOnce = 500;

// Whom an endpoint belongs to, and its event.
struct Endpoint {
  std::map<int64_t, core::Webhook> webhooks;  // enabled ones, by id
  std::vector<std::string> keys;
  bool suspended = false;
};

Result<Endpoint> FindEndpoint(store::Connection& connection, int64_t id, const auth::Vault& vault,
                              UnixMillis now) {
  Endpoint endpoint;
  int64_t domain_id = 0;
  for (core::Webhook& webhook : store::WebhookStore(connection).ListOfEndpoint(id)) {
    domain_id = webhook.domain_id;
    if (webhook.disabled_at == 0) endpoint.webhooks.emplace(webhook.id, std::move(webhook));
  }
  if (endpoint.webhooks.empty()) return endpoint;
  const auto domain = store::DomainStore(connection).Find(domain_id).value();
  const auto user = store::UserStore(connection).Find(domain.user_id);
  endpoint.suspended = !user || !user->enabled || domain.status == core::DomainStatus::kSuspended;
  auto keys = SigningKeysInForce(connection, domain, vault, now);
  if (!keys) return keys.error();
  endpoint.keys = *std::move(keys);
  return endpoint;
}

std::string IdOf(const WebhookJob& job) {
  return "evt_" + std::to_string(job.sequence) + "_" + std::to_string(job.webhook_id);
}

WebhookResult WithoutAttempt(const WebhookJob& job, WebhookOutcome outcome, UnixMillis now) {
  WebhookResult result;
  result.job = job;
  result.outcome = outcome;
  result.at = now;
  return result;
}

WebhookBatch DropAll(store::WebhookJobStore& jobs, int64_t id, const core::WebhooksInHand& in_hand,
                     UnixMillis now) {
  WebhookBatch batch;
  for (const auto& some : {jobs.ListNew(id, kDropAtOnce), jobs.ListRetries(id, kDropAtOnce)}) {
    for (const WebhookJob& job : some) {
      if (in_hand.jobs.contains(job.Key())) continue;
      batch.settled.push_back(WithoutAttempt(job, WebhookOutcome::kDropped, now));
    }
  }
  return batch;
}

// Fills a batch with what an endpoint's jobs come to, one after the other.
class BatchMaker {
 public:
  BatchMaker(store::Connection& connection, const Endpoint& endpoint, size_t most,
             const core::WebhooksInHand& in_hand, UnixMillis now)
      : connection_(connection), endpoint_(endpoint), most_(most), in_hand_(in_hand), now_(now) {}

  bool Full() const { return batch_.posts.size() == most_; }

  void Take(const WebhookJob& job) {
    if (in_hand_.jobs.contains(job.Key())) return;
    if (in_hand_.messages.contains(job.message) || !taken_.insert(job.message).second) {
      batch_.passed_over = true;
      return;
    }
    const auto webhook = endpoint_.webhooks.find(job.webhook_id);
    if (webhook == endpoint_.webhooks.end()) return Settle(job, WebhookOutcome::kDropped);
    if (endpoint_.suspended) return Suspend(job);
    if (!job.waited && store::WebhookJobStore(connection_).IsHeld(job.endpoint, job.message)) {
      return Settle(job, WebhookOutcome::kHeld);
    }
    const auto event = store::EventStore(connection_).Find(job.sequence);
    if (!event) return Settle(job, WebhookOutcome::kDropped);
    batch_.posts.push_back(SignedPost(webhook->second, *event, IdOf(job), endpoint_.keys, now_));
    batch_.posts.back().job = job;
  }

  WebhookBatch Batch() && { return std::move(batch_); }

 private:
  void Settle(const WebhookJob& job, WebhookOutcome outcome) {
    batch_.settled.push_back(WithoutAttempt(job, outcome, now_));
  }
  void Suspend(const WebhookJob& job) {
    Settle(job, WebhookOutcome::kFailed);
    batch_.settled.back().error = "Not attempted: the account or the domain is suspended";
  }

  store::Connection& connection_;
  const Endpoint& endpoint_;
  const size_t most_;
  const core::WebhooksInHand& in_hand_;
  const UnixMillis now_;
  std::set<int64_t> taken_;  // messages
  WebhookBatch batch_;
};

WebhookBatch MakeBatch(store::Connection& connection, int64_t id, const Endpoint& endpoint,
                       size_t most, const core::WebhooksInHand& in_hand, UnixMillis now) {
  store::WebhookJobStore jobs(connection);
  if (endpoint.webhooks.empty()) return DropAll(jobs, id, in_hand, now);
  const size_t look_at = most + in_hand.jobs.size() + kLookAhead;
  BatchMaker maker(connection, endpoint, most, in_hand, now);
  for (const auto& some : {jobs.ListDue(id, now, look_at), jobs.ListNew(id, look_at)}) {
    for (const WebhookJob& job : some) {
      if (!maker.Full()) maker.Take(job);
    }
  }
  WebhookBatch batch = std::move(maker).Batch();
  batch.next_due = jobs.NextDue(id);
  return batch;
}

bool WasAttempted(const WebhookResult& result) {
  return result.outcome == WebhookOutcome::kRetry ||
         (result.outcome == WebhookOutcome::kFailed && result.latency_ms + result.status > 0);
}

// What a result says of its endpoint.
void NoteHealth(store::Transaction& transaction, const WebhookResult& result) {
  store::WebhookStore webhooks(transaction);
  const auto webhook = webhooks.Find(result.job.webhook_id);
  if (!webhook || webhook->disabled_at != 0) return;
  if (result.outcome == WebhookOutcome::kDelivered) {
    if (webhook->failing_since != 0) webhooks.SetFailingSince(webhook->endpoint, 0);
    return;
  }
  if (!WasAttempted(result)) return;
  if (webhook->failing_since == 0) {
    webhooks.SetFailingSince(webhook->endpoint, result.at);
  } else if (result.at - webhook->failing_since >= kDisableAfter) {
    webhooks.Disable(webhook->endpoint, result.at,
                     "Only failures for 5 days; the last: " + result.error);
    log::Warning("webhook endpoint disabled", {{"webhook", std::to_string(webhook->id)},
                                               {"url", webhook->url},
                                               {"reason", result.error}});
  }
}

}  // namespace

core::WebhookPost SignedPost(const core::Webhook& webhook, const core::Event& event, std::string id,
                             const std::vector<std::string>& keys, UnixMillis now) {
  core::WebhookPost post;
  post.url = webhook.url;
  post.id = std::move(id);
  post.timestamp = std::to_string(now / 1000);
  post.body = EventJson(event, EventForm::kUser)
                  .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  post.signature = hooks::Signatures(keys, post.id, post.timestamp, post.body, auth::HmacSha256);
  return post;
}

Result<WebhookBatch> StoredWebhookLedger::Load(int64_t endpoint, size_t most,
                                               const core::WebhooksInHand& in_hand) {
  const UnixMillis now = clock_.Now();
  return store_.Read([&](store::Connection& connection) -> Result<WebhookBatch> {
    const auto found = FindEndpoint(connection, endpoint, vault_, now);
    if (!found) return found.error();
    return MakeBatch(connection, endpoint, *found, most, in_hand, now);
  });
}

Result<int64_t> StoredWebhookLedger::OwnerOf(int64_t endpoint) {
  return store_.Read([&](store::Connection& connection) {
    return store::WebhookStore(connection).OwnerOf(endpoint);
  });
}

Result<std::vector<int64_t>> StoredWebhookLedger::ListEndpoints(int64_t after, size_t most) {
  return store_.Read([&](store::Connection& connection) {
    return store::WebhookJobStore(connection).ListEndpoints(after, most);
  });
}

void StoredWebhookLedger::Record(std::vector<WebhookResult> results,
                                 std::function<void(Result<void>)> done) {
  store_.WriteAsync(
      [results = std::move(results)](store::Transaction& transaction) {
        for (const WebhookResult& result : results) {
          if (store::WebhookJobStore(transaction).Settle(result)) NoteHealth(transaction, result);
        }
      },
      std::move(done));
}

}  // namespace egd::service
