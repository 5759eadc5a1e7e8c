#include "daemon/service/hooks/webhook_deliveries.h"

#include <algorithm>
#include <future>
#include <limits>
#include <memory>
#include <utility>

#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/service/hooks/stored_webhook_ledger.h"
#include "daemon/store/event_store.h"
#include "daemon/store/webhook_replay_store.h"
#include "daemon/store/webhook_store.h"
#include "shared/base/encoding.h"
#include "shared/base/random.h"

namespace egd::service {
namespace {

using core::EventType;

constexpr size_t kReplayAtOnce = 500;  // 5 µs each
// How far the clock may have gone back between events in the order of their sequences.
constexpr UnixMillis kClockSlack = 3'600'000;
constexpr EventType kAllTypes[] = {
    EventType::kAccepted, EventType::kRejected,    EventType::kDeferred,
    EventType::kDelivery, EventType::kBounce,      EventType::kOpen,
    EventType::kClick,    EventType::kUnsubscribe, EventType::kComplaint};

Result<core::Webhook> FindOwnWebhook(store::Connection& connection, int64_t user_id, int64_t id) {
  auto webhook = store::WebhookStore(connection).Find(id);
  if (!webhook || !FindOwnDomain(connection, user_id, webhook->domain_id)) {
    return NotFound("Webhook not found or access denied");
  }
  return *std::move(webhook);
}

Result<store::WebhookReplay> PlanReplay(store::Connection& connection, core::Webhook webhook,
                                        const ReplayChoice& choice) {
  store::EventStore events(connection);
  store::WebhookReplay replay;
  replay.last_sequence = choice.sequence.value_or(events.LastSequence());
  replay.first_sequence = choice.sequence.value_or(choice.since_sequence.value_or(0));
  replay.since = choice.since_time.value_or(0);
  if (choice.sequence) {
    const auto event = events.Find(*choice.sequence);
    if (!event || event->domain_id != webhook.domain_id || event->type != webhook.event) {
      return InvalidArgument("The webhook has no event of this Sequence");
    }
    replay.since = replay.until = event->at;
  } else if (choice.since_sequence) {
    replay.since = events.TimeOfFirstFrom(*choice.since_sequence) - kClockSlack;
  }
  replay.webhook = std::move(webhook);
  return replay;
}

core::Event Sample(EventType type, const core::SenderDomain& domain, UnixMillis now) {
  core::Event event;
  event.type = type;
  event.at = now;
  event.domain_id = domain.id;
  event.from = "sender@" + domain.name;
  event.to = event.recipient = "recipient@example.net";
  event.subject = "A sample";
  event.tags = {"sample"};
  if (type == EventType::kClick) event.url = "https://example.com/";
  if (type == EventType::kRejected) event.reason = "suppressed";
  if (type == EventType::kBounce) event.bounce_class = "hard";
  if (type == EventType::kDelivery || type == EventType::kBounce || type == EventType::kDeferred) {
    event.attempt = 1;
    event.mx_host = "mx.example.net";
    event.smtp_code = type == EventType::kDelivery ? 250 : type == EventType::kBounce ? 550 : 450;
    event.smtp_response = std::to_string(event.smtp_code) + " a sample";
  }
  return event;
}

}  // namespace

Result<WebhookAttemptPage> WebhookDeliveries::List(int64_t user_id,
                                                   const store::WebhookAttemptFilter& filter,
                                                   int64_t start, int64_t count) {
  return store_.Read([&](store::Connection& connection) -> Result<WebhookAttemptPage> {
    const auto webhook = FindOwnWebhook(connection, user_id, filter.webhook_id);
    if (!webhook) return webhook.error();
    store::WebhookJobStore jobs(connection);
    WebhookAttemptPage page;
    page.attempts = jobs.ListAttempts(filter, start, count);
    page.total = jobs.CountAttempts(filter);
    page.pending = jobs.CountOfWebhook(*webhook);
    return page;
  });
}

Result<ReplayLog> WebhookDeliveries::ListReplays(int64_t user_id, int64_t domain_id,
                                                 std::optional<int64_t> after) {
  return store_.Read([&](store::Connection& connection) -> Result<ReplayLog> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    store::WebhookReplayStore log(connection);
    ReplayLog found;
    found.last_id = std::max(log.LastId(domain_id), after.value_or(0));
    if (after) found.replays = log.List(domain_id, *after);
    return found;
  });
}

// In steps, each a commit of its own: a replay of a million events holds nobody up.
Result<int64_t> WebhookDeliveries::Replay(int64_t user_id, int64_t webhook_id,
                                          const ReplayChoice& choice) {
  auto replay = store_.Write([&](store::Transaction& tx) -> Result<store::WebhookReplay> {
    auto webhook = FindOwnWebhook(tx, user_id, webhook_id);
    if (!webhook) return webhook.error();
    auto plan = PlanReplay(tx, *std::move(webhook), choice);
    if (plan && plan->webhook.disabled_at != 0) {
      store::WebhookStore(tx).Enable(plan->webhook.endpoint);
    }
    if (plan) store::WebhookReplayStore(tx).Add(*plan, clock_.Now());
    return plan;
  });
  if (!replay) return replay.error();
  for (int64_t replayed = 0;;) {
    const auto some = store_.Write([&](store::Transaction& tx) -> Result<size_t> {
      if (!store::WebhookStore(tx).Find(webhook_id)) {
        return NotFound("Webhook not found or access denied");
      }
      const size_t events = store::WebhookJobStore(tx).Replay(*replay, kReplayAtOnce, clock_.Now());
      if (events > 0) tx.notes().webhook_endpoints.push_back(replay->webhook.endpoint);
      return events;
    });
    if (!some) return some.error();
    replayed += int64_t(*some);
    if (*some < kReplayAtOnce) return replayed;
  }
}

Result<std::vector<WebhookSample>> WebhookDeliveries::Test(int64_t user_id, int64_t webhook_id,
                                                           std::optional<EventType> kind) {
  std::vector<EventType> kinds(std::begin(kAllTypes), std::end(kAllTypes));
  if (kind) kinds = {*kind};
  auto posts = Samples(user_id, webhook_id, kinds);
  if (!posts) return posts.error();
  std::vector<WebhookSample> samples;
  for (http_client::HttpReply& reply : PostAll(*std::move(posts))) {
    samples.push_back({kinds[samples.size()], std::move(reply)});
  }
  return samples;
}

Result<std::vector<core::WebhookPost>> WebhookDeliveries::Samples(
    int64_t user_id, int64_t webhook_id, const std::vector<EventType>& kinds) {
  const UnixMillis now = clock_.Now();
  const std::string test = "test_" + Hex(RandomBytes(8));
  return store_.Read([&](store::Connection& connection) -> Result<std::vector<core::WebhookPost>> {
    const auto webhook = FindOwnWebhook(connection, user_id, webhook_id);
    if (!webhook) return webhook.error();
    const auto domain = FindOwnDomain(connection, user_id, webhook->domain_id);
    if (!domain) return domain.error();
    const auto keys = SigningKeysInForce(connection, *domain, vault_, now);
    if (!keys) return keys.error();
    std::vector<core::WebhookPost> posts;
    for (const EventType type : kinds) {
      const std::string id = test + "_" + std::string(core::Name(type));
      posts.push_back(SignedPost(*webhook, Sample(type, *domain, now), id, *keys, now));
    }
    return posts;
  });
}

std::vector<http_client::HttpReply> WebhookDeliveries::PostAll(
    std::vector<core::WebhookPost> posts) {
  std::vector<std::future<http_client::HttpReply>> coming;
  for (core::WebhookPost& post : posts) {
    const auto promise = std::make_shared<std::promise<http_client::HttpReply>>();
    coming.push_back(promise->get_future());
    post_(std::move(post),
          [promise](http_client::HttpReply reply) { promise->set_value(std::move(reply)); });
  }
  const auto until = std::chrono::steady_clock::now() + timeout_;
  std::vector<http_client::HttpReply> replies;
  for (auto& one : coming) {
    if (one.wait_until(until) == std::future_status::ready) {
      replies.push_back(one.get());
    } else {
      replies.emplace_back().error = "No answer in time";
    }
  }
  return replies;
}

}  // namespace egd::service
