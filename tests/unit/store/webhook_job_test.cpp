// Jobs for webhooks: committed with their event, retried, held, released, replayed, purged.
#include <catch2/catch.hpp>

#include "daemon/store/events.h"
#include "daemon/store/webhook_job_store.h"
#include "daemon/store/webhook_store.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using core::WebhookJob;
using core::WebhookOutcome;

struct Hooks : Fixture {
  core::Webhook Hook(core::EventType event, const std::string& url = "https://a.example/") {
    core::Webhook webhook;
    webhook.domain_id = domain.id;
    webhook.event = event;
    webhook.event_word = core::Name(event);
    webhook.url = url;
    Write([&](Transaction& tx) { WebhookStore(tx).Insert(webhook); });
    return webhook;
  }

  // Of the n-th message, which the first event makes. Returns its sequence.
  int64_t Happen(int n, core::EventType type) {
    const core::Message message = MakeMessage(domain, n);
    return Write([&](Transaction& tx) {
      if (n > messages) MessageStore(tx).Insert(message, "content", {});
      messages = std::max(messages, n);
      core::Event event;
      event.type = type;
      event.at = at;
      event.message_id = message.id;
      event.recipient = "bob@example.net";
      events::Record(tx, event);
      return event.sequence;
    });
  }

  std::vector<WebhookJob> New(int64_t endpoint) {
    return Read([&](Connection& c) { return WebhookJobStore(c).ListNew(endpoint, 100); });
  }
  std::vector<WebhookJob> Due(int64_t endpoint, UnixMillis now) {
    return Read([&](Connection& c) { return WebhookJobStore(c).ListDue(endpoint, now, 100); });
  }
  bool Settle(const WebhookJob& job, WebhookOutcome outcome, UnixMillis next = 0) {
    core::WebhookResult result;
    result.job = job;
    result.outcome = outcome;
    result.at = at;
    result.next_attempt_at = next;
    result.status = outcome == WebhookOutcome::kDelivered ? 200 : 500;
    result.response = "said";
    return Write([&](Transaction& tx) { return WebhookJobStore(tx).Settle(result); });
  }

  int messages = 0;
  UnixMillis at = 10'000;
};

}  // namespace

TEST_CASE("an event leaves a job for each webhook of its domain that is told of it") {
  Hooks hooks;
  const auto delivery = hooks.Hook(core::EventType::kDelivery);
  const auto again = hooks.Hook(core::EventType::kDelivery);
  const auto other = hooks.Hook(core::EventType::kBounce, "https://b.example/");
  CHECK(delivery.endpoint == delivery.id);
  CHECK(again.endpoint == delivery.id);
  CHECK(other.endpoint == other.id);
  std::vector<int64_t> told;
  hooks.store->Watch({[&](const std::vector<int64_t>& endpoints) { told = endpoints; }});
  const int64_t sequence = hooks.Happen(1, core::EventType::kDelivery);
  hooks.store->Watch({});
  CHECK(told == std::vector<int64_t>{delivery.id, delivery.id});
  const auto jobs = hooks.New(delivery.endpoint);
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0].webhook_id == delivery.id);
  CHECK(jobs[1].webhook_id == again.id);
  CHECK(jobs[0].sequence == sequence);
  CHECK(hooks.New(other.endpoint).empty());
  CHECK(hooks.Read([](Connection& c) { return WebhookJobStore(c).ListEndpoints(0, 10); }) ==
        std::vector<int64_t>{delivery.endpoint});
}

TEST_CASE("an event that many webhooks want leaves their jobs for after its commit, in batches") {
  Hooks hooks;
  std::vector<core::Webhook> many;
  for (int i = 0; i < 20; ++i) {
    many.push_back(
        hooks.Hook(core::EventType::kDelivery, "https://h" + std::to_string(i) + ".example/"));
  }
  const auto bounce = hooks.Hook(core::EventType::kBounce, "https://h0.example/");
  bool has_fan_outs = false;
  std::vector<int64_t> told;
  CommitWatchers watchers;
  watchers.webhook_jobs = [&](const std::vector<int64_t>& endpoints) { told = endpoints; };
  watchers.webhook_fan_outs = [&] { has_fan_outs = true; };
  hooks.store->Watch(watchers);
  const int64_t first = hooks.Happen(1, core::EventType::kDelivery);
  const int64_t second = hooks.Happen(1, core::EventType::kBounce);
  CHECK(has_fan_outs);
  CHECK(told.empty());
  const auto late = hooks.Hook(core::EventType::kDelivery, "https://late.example/");
  const auto fan_out = [&](size_t most) {
    const int64_t domain =
        hooks.Read([](Connection& c) { return WebhookJobStore(c).NextFanOut(0); });
    if (domain == 0) return false;
    CHECK(domain == hooks.domain.id);
    hooks.Write([&](Transaction& tx) { WebhookJobStore(tx).FanOut(tx, domain, most); });
    return true;
  };
  REQUIRE(fan_out(7));
  CHECK(told.size() == 7);
  CHECK(hooks.New(many[6].endpoint).size() == 1);
  CHECK(hooks.New(many[7].endpoint).empty());
  while (fan_out(7)) {
  }
  hooks.store->Watch({});
  for (size_t i = 1; i < many.size(); ++i) {
    const auto jobs = hooks.New(many[i].endpoint);
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].sequence == first);
  }
  const auto both = hooks.New(many[0].endpoint);  // the bounce did not overtake the delivery
  REQUIRE(both.size() == 2);
  CHECK(both[0].sequence == first);
  CHECK(both[1].sequence == second);
  CHECK(both[1].webhook_id == bounce.id);
  CHECK(hooks.New(late.endpoint).empty());
}

TEST_CASE("an event that is undone leaves no job, and a disabled webhook gets none") {
  Hooks hooks;
  const auto hook = hooks.Hook(core::EventType::kDelivery);
  const core::Message message = MakeMessage(hooks.domain);
  CHECK_FALSE(hooks.store->Write([&](Transaction& tx) -> Result<void> {
    MessageStore(tx).Insert(message, "content", {});
    core::Event event;
    event.type = core::EventType::kDelivery;
    event.message_id = message.id;
    events::Record(tx, event);
    return Conflict("no");
  }));
  CHECK(hooks.New(hook.endpoint).empty());
  hooks.Write([&](Transaction& tx) { WebhookStore(tx).Disable(hook.endpoint, 5, "dead"); });
  hooks.Happen(1, core::EventType::kDelivery);
  CHECK(hooks.New(hook.endpoint).empty());
}

TEST_CASE("a retry comes due at its time, and its attempts are logged newest first") {
  Hooks hooks;
  const auto hook = hooks.Hook(core::EventType::kDelivery);
  hooks.Happen(1, core::EventType::kDelivery);
  const auto job = hooks.New(hook.endpoint).at(0);
  CHECK(hooks.Settle(job, WebhookOutcome::kRetry, 20'000));
  CHECK(hooks.New(hook.endpoint).empty());
  CHECK(hooks.Due(hook.endpoint, 19'999).empty());
  const auto due = hooks.Due(hook.endpoint, 20'000);
  REQUIRE(due.size() == 1);
  CHECK(due[0].attempts == 1);
  CHECK(hooks.Read([&](Connection& c) { return WebhookJobStore(c).NextDue(hook.endpoint); }) ==
        20'000);
  hooks.at = 20'500;
  CHECK(hooks.Settle(due[0], WebhookOutcome::kDelivered));
  CHECK_FALSE(hooks.Settle(due[0], WebhookOutcome::kDelivered));  // nothing is there any more
  const auto attempts =
      hooks.Read([&](Connection& c) { return WebhookJobStore(c).ListAttempts({hook.id}, 0, 10); });
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].attempt == 2);
  CHECK(attempts[0].outcome == WebhookOutcome::kDelivered);
  CHECK(attempts[1].status == 500);
  CHECK(attempts[1].next_attempt_at == 20'000);
  CHECK(attempts[1].response == "said");
  WebhookAttemptFilter failed{hook.id};
  failed.outcome = WebhookOutcome::kRetry;
  CHECK(hooks.Read([&](Connection& c) { return WebhookJobStore(c).CountAttempts(failed); }) == 1);
}

TEST_CASE("what is behind a retry of its message is held, and released in order") {
  Hooks hooks;
  const auto hook = hooks.Hook(core::EventType::kDelivery);
  for (int i = 0; i < 3; ++i) hooks.Happen(1, core::EventType::kDelivery);
  const auto jobs = hooks.New(hook.endpoint);
  hooks.Settle(jobs.at(0), WebhookOutcome::kRetry, 20'000);
  hooks.Settle(jobs.at(1), WebhookOutcome::kHeld);
  hooks.Settle(jobs.at(2), WebhookOutcome::kHeld);
  CHECK(hooks.New(hook.endpoint).empty());
  auto due = hooks.Due(hook.endpoint, 1'000'000);
  REQUIRE(due.size() == 1);
  CHECK(due[0].sequence == jobs[0].sequence);
  hooks.Settle(due[0], WebhookOutcome::kFailed);
  due = hooks.Due(hook.endpoint, 1'000'000);
  REQUIRE(due.size() == 1);
  CHECK(due[0].sequence == jobs[1].sequence);
  CHECK(due[0].attempts == 0);
  hooks.Settle(due[0], WebhookOutcome::kDelivered);
  CHECK(hooks.Due(hook.endpoint, 1'000'000).at(0).sequence == jobs[2].sequence);
}

TEST_CASE("a job held for nothing is due at once") {
  Hooks hooks;
  const auto hook = hooks.Hook(core::EventType::kDelivery);
  hooks.Happen(1, core::EventType::kDelivery);
  hooks.Settle(hooks.New(hook.endpoint).at(0), WebhookOutcome::kHeld);
  CHECK(hooks.Due(hook.endpoint, hooks.at).size() == 1);
}

TEST_CASE("a replay repeats a stretch of events, a waiting one at once") {
  Hooks hooks;
  const auto hook = hooks.Hook(core::EventType::kDelivery);
  std::vector<int64_t> sequences;
  for (int n = 1; n <= 5; ++n) {
    hooks.at = 10'000 + n;
    sequences.push_back(hooks.Happen(n, core::EventType::kDelivery));
    hooks.Happen(n, core::EventType::kOpen);
  }
  const auto jobs = hooks.New(hook.endpoint);
  REQUIRE(jobs.size() == 5);
  for (int i = 0; i < 4; ++i) hooks.Settle(jobs[size_t(i)], WebhookOutcome::kDelivered);
  hooks.Settle(jobs[4], WebhookOutcome::kRetry, 1'000'000);
  WebhookReplay replay;
  replay.webhook = hook;
  replay.first_sequence = sequences[2];
  replay.last_sequence = sequences[4];
  std::vector<size_t> found;
  do {
    found.push_back(hooks.Write(
        [&](Transaction& tx) { return WebhookJobStore(tx).Replay(replay, 2, 20'000); }));
  } while (found.back() == 2);
  CHECK(found == std::vector<size_t>{2, 1});
  const auto again = hooks.New(hook.endpoint);
  REQUIRE(again.size() == 2);
  CHECK(again[0].sequence == sequences[2]);
  CHECK(again[1].sequence == sequences[3]);
  CHECK(hooks.Due(hook.endpoint, 20'000).at(0).sequence == sequences[4]);
}

TEST_CASE("attempts are purged by age, and those of deleted webhooks whatever their age") {
  Hooks hooks;
  const auto kept = hooks.Hook(core::EventType::kDelivery);
  const auto gone = hooks.Hook(core::EventType::kBounce, "https://b.example/");
  for (int n = 1; n <= 3; ++n) {
    hooks.at = n * 1000;
    hooks.Happen(n, core::EventType::kDelivery);
    hooks.Happen(n, core::EventType::kBounce);
    hooks.Settle(hooks.New(kept.endpoint).at(0), WebhookOutcome::kDelivered);
    hooks.Settle(hooks.New(gone.endpoint).at(0), WebhookOutcome::kDelivered);
  }
  hooks.Write([&](Transaction& tx) { WebhookStore(tx).Delete(hooks.domain.id, gone.id); });
  const auto purge = [&](size_t most) {
    return hooks.Write(
        [&](Transaction& tx) { return WebhookJobStore(tx).PurgeAttempts(2000, most); });
  };
  CHECK(purge(3) == 3);
  CHECK(purge(3) == 1);
  CHECK(purge(3) == 0);
  const auto count = [&](int64_t id) {
    return hooks.Read([&](Connection& c) { return WebhookJobStore(c).CountAttempts({id}); });
  };
  CHECK(count(kept.id) == 2);
  CHECK(count(gone.id) == 0);
}

}  // namespace egd::store
