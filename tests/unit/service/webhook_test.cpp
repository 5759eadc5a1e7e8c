// The webhook ledger and its use cases on a real store.
#include <future>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/auth/digest.h"
#include "daemon/service/hooks/stored_webhook_ledger.h"
#include "daemon/service/hooks/webhook_deliveries.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/webhook_store.h"
#include "shared/base/encoding.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::WebhookOutcome;

struct Hooks : Gateway {
  Hooks() {
    SealSigningKey(domain, std::string(kSigningKeyBytes, 'k'), vault);
    SaveDomain();
    hook = Subscribe(core::EventType::kAccepted);
  }

  core::Webhook Subscribe(core::EventType event) {
    core::Webhook webhook;
    webhook.domain_id = domain.id;
    webhook.event = event;
    webhook.url = "https://hooks.example/";
    REQUIRE(store->Write([&](store::Transaction& tx) { store::WebhookStore(tx).Insert(webhook); }));
    return webhook;
  }
  core::Webhook Now() {
    return *Read([&](store::Connection& c) { return store::WebhookStore(c).Find(hook.id); });
  }
  core::WebhookBatch Load(size_t most = 10, const core::WebhooksInHand& in_hand = {}) {
    auto batch = hooks.Load(hook.endpoint, most, in_hand);
    REQUIRE(batch);
    return *std::move(batch);
  }
  void Record(const core::WebhookResult& result) {
    std::promise<bool> done;
    hooks.Record({result}, [&](const Result<void>& recorded) { done.set_value(bool(recorded)); });
    REQUIRE(done.get_future().get());
  }
  void End(const core::WebhookJob& job, WebhookOutcome outcome, UnixMillis next = 0) {
    core::WebhookResult result;
    result.job = job;
    result.outcome = outcome;
    result.at = clock.Now();
    result.next_attempt_at = next;
    result.status = outcome == WebhookOutcome::kDelivered ? 200 : 500;
    if (result.status == 500) result.error = "The endpoint answered 500";
    Record(result);
  }

  StoredWebhookLedger hooks{*store, vault, clock};
  std::vector<core::WebhookPost> posted;
  WebhookDeliveries deliveries{*store, vault, clock,
                               [this](core::WebhookPost post, http_client::Transport::Done done) {
                                 posted.push_back(post);
                                 http_client::HttpReply reply;
                                 reply.status = 200;
                                 done(reply);
                               },
                               std::chrono::milliseconds(1000)};
  core::Webhook hook;
};

}  // namespace

TEST_CASE("a post is the event, signed under an id of event and webhook") {
  Hooks h;
  h.Accept(h.Message());
  const auto batch = h.Load();
  REQUIRE(batch.posts.size() == 1);
  const auto& post = batch.posts[0];
  const auto body = nlohmann::json::parse(post.body);
  CHECK(body["event"] == "accepted");
  CHECK(body["Sequence"] == post.job.sequence);
  CHECK(post.id == "evt_" + std::to_string(post.job.sequence) + "_" + std::to_string(h.hook.id));
  CHECK(post.timestamp == std::to_string(h.clock.Now() / 1000));
  CHECK(post.signature ==
        "v1," + Base64(auth::HmacSha256(std::string(kSigningKeyBytes, 'k'),
                                        post.id + "." + post.timestamp + "." + post.body)));
}

TEST_CASE("what is in hand is not given again, and its messages wait") {
  Hooks h;
  h.Accept(h.Message());
  h.Accept(h.Message());
  const auto first = h.Load(1);
  REQUIRE(first.posts.size() == 1);
  core::WebhooksInHand in_hand;
  in_hand.jobs.insert(first.posts[0].job.Key());
  in_hand.messages.insert(first.posts[0].job.message);
  const auto second = h.Load(10, in_hand);
  REQUIRE(second.posts.size() == 1);
  CHECK(second.posts[0].job.message != first.posts[0].job.message);
}

TEST_CASE("a later event of a message is held while an earlier one waits for its retry") {
  Hooks h;
  h.Subscribe(core::EventType::kComplaint);
  const auto accepted = h.Accept(h.Message());
  h.End(h.Load().posts.at(0).job, WebhookOutcome::kRetry, h.clock.Now() + 5000);
  REQUIRE(h.store->Write([&](store::Transaction& tx) {
    core::Event event;
    event.type = core::EventType::kComplaint;
    event.at = h.clock.Now();
    event.message_id = accepted.id;
    store::events::Record(tx, event);
  }));
  const auto held = h.Load();
  CHECK(held.posts.empty());
  REQUIRE(held.settled.size() == 1);
  CHECK(held.settled[0].outcome == WebhookOutcome::kHeld);
  CHECK(held.next_due == h.clock.Now() + 5000);
  h.Record(held.settled[0]);
  h.clock.Advance(std::chrono::seconds(5));
  const auto retry = h.Load();
  REQUIRE(retry.posts.size() == 1);
  CHECK(retry.posts[0].job.attempts == 1);
  h.End(retry.posts[0].job, WebhookOutcome::kDelivered);
  CHECK(h.Load().posts.at(0).body.find("\"complaint\"") != std::string::npos);
}

TEST_CASE("five days of nothing but failure disable an endpoint, and a replay enables it") {
  Hooks h;
  const auto fail = [&] {
    h.Accept(h.Message());
    h.End(h.Load().posts.at(0).job, WebhookOutcome::kFailed);
  };
  fail();
  CHECK(h.Now().failing_since == h.clock.Now());
  h.clock.Advance(std::chrono::hours(24 * 4));
  fail();
  CHECK(h.Now().disabled_at == 0);
  h.clock.Advance(std::chrono::hours(25));
  h.Accept(h.Message());
  fail();
  CHECK(h.Now().disabled_at == h.clock.Now());
  CHECK(h.Now().disabled_reason == "Only failures for 5 days; the last: The endpoint answered 500");
  const auto rest = h.Load();
  CHECK(rest.posts.empty());
  REQUIRE(rest.settled.size() == 1);
  CHECK(rest.settled[0].outcome == WebhookOutcome::kDropped);
  h.Record(rest.settled[0]);
  h.Accept(h.Message());
  CHECK(h.Load().settled.empty());  // a disabled one gets no jobs
  ReplayChoice all;
  all.since_sequence = 0;
  CHECK(*h.deliveries.Replay(h.user.id, h.hook.id, all) == 5);
  CHECK(h.Now().disabled_at == 0);
  CHECK(h.Load().posts.size() == 5);
}

TEST_CASE("one success ends a time of failures") {
  Hooks h;
  h.Accept(h.Message());
  h.End(h.Load().posts.at(0).job, WebhookOutcome::kRetry, h.clock.Now() + 1);
  h.clock.Advance(std::chrono::milliseconds(1));
  h.End(h.Load().posts.at(0).job, WebhookOutcome::kDelivered);
  CHECK(h.Now().failing_since == 0);
}

TEST_CASE("jobs of a suspended user fail unsent, and those of a deleted webhook go") {
  Hooks h;
  h.Accept(h.Message());
  h.user.enabled = false;
  h.SaveUser();
  auto batch = h.Load();
  CHECK(batch.posts.empty());
  REQUIRE(batch.settled.size() == 1);
  CHECK(batch.settled[0].outcome == WebhookOutcome::kFailed);
  h.Record(batch.settled[0]);
  CHECK(h.Now().failing_since == 0);
  h.user.enabled = true;
  h.SaveUser();
  h.Accept(h.Message());
  REQUIRE(h.store->Write(
      [&](store::Transaction& tx) { store::WebhookStore(tx).Delete(h.domain.id, h.hook.id); }));
  batch = h.Load();
  REQUIRE(batch.settled.size() == 1);
  CHECK(batch.settled[0].outcome == WebhookOutcome::kDropped);
  h.Record(batch.settled[0]);
  CHECK(h.hooks.ListEndpoints(0, 10)->empty());
}

TEST_CASE("attempts are listed for their owner alone, and one event can be replayed") {
  Hooks h;
  h.Accept(h.Message());
  const auto job = h.Load().posts.at(0).job;
  h.End(job, WebhookOutcome::kDelivered);
  const auto page = h.deliveries.List(h.user.id, {h.hook.id}, 0, 10);
  REQUIRE(page);
  CHECK(page->total == 1);
  CHECK(page->pending == 0);
  CHECK(page->attempts.at(0).sequence == job.sequence);
  CHECK(h.deliveries.List(h.user.id + 1, {h.hook.id}, 0, 10).error().kind == ErrorKind::kNotFound);
  ReplayChoice one;
  one.sequence = job.sequence;
  CHECK(*h.deliveries.Replay(h.user.id, h.hook.id, one) == 1);
  CHECK(h.deliveries.List(h.user.id, {h.hook.id}, 0, 10)->pending == 1);
  one.sequence = job.sequence + 1;
  CHECK(h.deliveries.Replay(h.user.id, h.hook.id, one).error().kind == ErrorKind::kInvalidArgument);
}

TEST_CASE("a test posts one signed sample of each kind and keeps nothing") {
  Hooks h;
  const auto samples = h.deliveries.Test(h.user.id, h.hook.id);
  REQUIRE(samples);
  CHECK(samples->size() == 9);
  REQUIRE(h.posted.size() == 9);
  for (size_t i = 0; i < 9; ++i) {
    CHECK(nlohmann::json::parse(h.posted[i].body)["event"] == core::Name((*samples)[i].event));
    CHECK((*samples)[i].reply.Succeeded());
  }
  CHECK(h.deliveries.List(h.user.id, {h.hook.id}, 0, 10)->total == 0);
  const auto bounce = h.deliveries.Test(h.user.id, h.hook.id, core::EventType::kBounce);
  REQUIRE(bounce->size() == 1);
  CHECK(bounce->front().event == core::EventType::kBounce);
  CHECK(h.posted.size() == 10);
  CHECK(h.deliveries.Test(h.user.id + 1, h.hook.id).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("replays are listed for their owner alone, the newest of a domain") {
  Hooks h;
  h.Accept(h.Message());
  ReplayChoice all;
  all.since_sequence = 1;
  CHECK(h.deliveries.ListReplays(h.user.id, h.domain.id, 0)->replays.empty());
  for (int64_t i = 0; i < store::kReplaysKept + 2; ++i) {
    REQUIRE(h.deliveries.Replay(h.user.id, h.hook.id, all));
  }
  const auto log = h.deliveries.ListReplays(h.user.id, h.domain.id, 0);
  REQUIRE(log->replays.size() == size_t(store::kReplaysKept));
  CHECK(log->replays.front().id == 3);
  CHECK(log->replays.front().webhook_id == h.hook.id);
  CHECK(log->replays.front().first_sequence == 1);
  CHECK(log->replays.front().last_sequence >= 1);
  CHECK(log->last_id == store::kReplaysKept + 2);
  CHECK(h.deliveries.ListReplays(h.user.id, h.domain.id, log->last_id - 1)->replays.size() == 1);
  CHECK(h.deliveries.ListReplays(h.user.id, h.domain.id, std::nullopt)->replays.empty());
  CHECK(h.deliveries.ListReplays(h.user.id, h.domain.id, std::nullopt)->last_id == log->last_id);
  CHECK(h.deliveries.ListReplays(h.user.id + 1, h.domain.id, 0).error().kind ==
        ErrorKind::kNotFound);
}

TEST_CASE("an event of another domain, or of another kind, cannot be replayed") {
  Hooks h;
  const auto accepted = h.Accept(h.Message());
  core::SenderDomain other = h.domain;
  other.id = 0;
  other.name = "other.example";
  core::Event event;
  event.type = core::EventType::kAccepted;
  event.at = h.clock.Now();
  REQUIRE(h.store->Write([&](store::Transaction& tx) {
    store::DomainStore(tx).Insert(other);
    core::Message message;
    message.id = NewUuidV7(h.clock);
    message.user_id = h.user.id;
    message.domain_id = other.id;
    store::MessageStore(tx).Insert(message, "", {});
    event.message_id = message.id;
    store::events::Record(tx, event);
    core::Event bounce = event;
    bounce.type = core::EventType::kBounce;
    bounce.message_id = accepted.id;
    store::events::Record(tx, bounce);
  }));
  const auto refusal = [&](int64_t sequence) {
    ReplayChoice one;
    one.sequence = sequence;
    const auto replayed = h.deliveries.Replay(h.user.id, h.hook.id, one);
    REQUIRE_FALSE(replayed);
    return replayed.error().kind;
  };
  const int64_t own = h.Events().back().sequence;
  CHECK(refusal(own + 1) == ErrorKind::kInvalidArgument);  // the other domain's
  CHECK(refusal(own + 2) == ErrorKind::kInvalidArgument);  // a bounce, to a webhook of accepted
}

}  // namespace egd::service
