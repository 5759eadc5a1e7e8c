// Lanes, order, retries, circuits and room, with a ledger and a transport that pretend.
#include "daemon/hooks/sender.h"

#include <set>

#include <catch2/catch.hpp>

#include "tests/unit/hooks/fakes.h"
#include "tests/unit/http_client/fakes.h"

namespace egd::hooks {
namespace {

using core::WebhookOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Post {
  void Touch(int64_t endpoint) { sender.Touch({endpoint}); }
  // Until nothing changes any more.
  void Turn(int times = 3) {
    for (int i = 0; i < times; ++i) sender.RunOnce(milliseconds(0));
  }
  void Answer(int status) {
    transport.AnswerAll(status);
    Turn();
  }
  size_t Open() const { return transport.open.size(); }

  FakeClock clock;
  FakeLedger ledger{clock};
  http_client::SlowResolver resolver;
  std::unique_ptr<http_client::FakeTransport> owned =
      std::make_unique<http_client::FakeTransport>();
  http_client::FakeTransport& transport = *owned;
  Sender sender{ledger,
                resolver,
                core::AddressGuard({*core::IpNetwork::Parse("203.0.113.0/24")}),
                RetrySchedule({seconds(5), seconds(300)}),
                std::move(owned),
                clock};
};

}  // namespace

TEST_CASE("a job is posted with its headers and recorded") {
  Post p;
  p.ledger.Add(1, 10, 100);
  p.Touch(1);
  p.Turn();
  REQUIRE(p.Open() == 1);
  CHECK(p.transport.open[0].request.url == "http://203.0.113.1/");
  CHECK(p.transport.Ids() == std::vector<std::string>{"evt_10"});
  http_client::HttpReply reply;
  reply.status = 204;
  reply.body = std::string(5000, 'x') + "\n";
  reply.latency_ms = 7;
  p.transport.Answer("http://203.0.113.1/", reply);
  p.Turn();
  REQUIRE(p.ledger.results.size() == 1);
  CHECK(p.ledger.results[0].outcome == WebhookOutcome::kDelivered);
  CHECK(p.ledger.results[0].status == 204);
  CHECK(p.ledger.results[0].latency_ms == 7);
  CHECK(p.ledger.results[0].response.size() == 1024);
  CHECK(p.ledger.results[0].error.empty());
}

TEST_CASE("jobs from before the start are found") {
  Post p;
  p.ledger.Add(3, 10, 100);
  p.ledger.Add(7, 11, 101);
  p.Turn();
  CHECK(p.Open() == 2);
}

TEST_CASE("jobs from before the start are found when the store answers again") {
  Post p;
  p.ledger.Add(3, 10, 100);
  p.ledger.works = false;
  p.Turn();
  p.ledger.works = true;
  p.Turn();
  CHECK(p.Open() == 0);
  p.clock.Advance(seconds(1));
  p.Turn();
  CHECK(p.Open() == 1);
}

TEST_CASE("a failure is tried again by the schedule, and at its end has failed") {
  Post p;
  p.ledger.Add(1, 10, 100);
  p.Touch(1);
  p.Turn();
  p.Answer(500);
  CHECK(p.Open() == 0);
  p.clock.Advance(milliseconds(4'400));
  p.Turn();
  CHECK(p.Open() == 0);
  p.clock.Advance(milliseconds(1'200));
  p.Turn();
  CHECK(p.Open() == 1);
  p.Answer(302);
  p.clock.Advance(seconds(331));
  p.Turn();
  p.Answer(500);
  REQUIRE(p.ledger.results.size() == 3);
  CHECK(p.ledger.results[0].error == "The endpoint answered 500");
  CHECK(p.ledger.results[1].outcome == WebhookOutcome::kRetry);
  CHECK(p.ledger.results[1].error == "Redirects are not followed");
  CHECK(p.ledger.results[2].outcome == WebhookOutcome::kFailed);
  CHECK(p.ledger.jobs.empty());
}

TEST_CASE("a retry comes in time when the clock was set back meanwhile, and the ledger with it") {
  Post p;
  p.ledger.Add(1, 10, 100);
  p.Touch(1);
  p.Turn();
  p.Answer(500);
  const auto hour = std::chrono::hours(1);
  p.clock.SetBack(hour);
  p.ledger.jobs.front().due -= milliseconds(hour).count();
  p.sender.ClockSetBack(milliseconds(hour).count());
  p.Turn();
  CHECK(p.Open() == 0);
  p.clock.Advance(seconds(6));
  p.Turn();
  CHECK(p.Open() == 1);
}

TEST_CASE("Retry-After puts a retry off") {
  Post p;
  p.ledger.Add(1, 10, 100);
  p.Touch(1);
  p.Turn();
  http_client::HttpReply reply;
  reply.status = 503;
  reply.retry_after_s = 60;
  const UnixMillis now = p.clock.Now();
  p.transport.Answer("http://203.0.113.1/", reply);
  p.Turn();
  CHECK(p.ledger.results.at(0).next_attempt_at == now + 60'000);
}

TEST_CASE("events of a message go one after the other, whatever else may go at once") {
  Post p;
  for (int i = 0; i < 3; ++i) p.ledger.Add(1, 10 + i, 100);
  p.ledger.Add(1, 20, 200);
  p.Touch(1);
  p.Turn();
  CHECK(p.transport.Ids() == std::vector<std::string>{"evt_10"});
  p.Answer(200);  // now two at once
  CHECK(p.transport.Ids() == std::vector<std::string>{"evt_11", "evt_20"});
  p.Answer(200);
  CHECK(p.transport.Ids() == std::vector<std::string>{"evt_12"});
  p.Answer(200);
  CHECK(p.ledger.jobs.empty());
}

TEST_CASE("a job stays in hand until it is recorded") {
  Post p;
  p.ledger.Add(1, 10, 100);
  p.ledger.Add(1, 11, 100);
  p.Touch(1);
  p.Turn();
  p.ledger.works = false;
  p.Answer(200);
  p.Touch(1);
  p.Turn();
  CHECK(p.Open() == 0);
  p.ledger.works = true;
  p.clock.Advance(seconds(2));
  p.Turn(4);
  CHECK(p.ledger.results.size() == 1);
  CHECK(p.transport.Ids() == std::vector<std::string>{"evt_11"});
}

TEST_CASE("a dead endpoint is probed now and then, and a living one beside it goes on") {
  Post p;
  for (int i = 0; i < 50; ++i) p.ledger.Add(1, 10 + i, 100 + i, "http://203.0.113.9/");
  p.Touch(1);
  p.Turn();
  for (int i = 0; i < 5; ++i) p.Answer(500);
  CHECK(p.ledger.results.size() == 5);
  CHECK(p.Open() == 0);
  p.clock.Advance(seconds(4));
  p.ledger.Add(2, 90, 900);
  p.Touch(2);
  p.Turn();
  CHECK(p.transport.Ids() == std::vector<std::string>{"evt_90"});
  p.Answer(200);
  p.clock.Advance(seconds(3));
  p.Turn();
  CHECK(p.Open() == 1);  // the probe
  p.Answer(200);
  CHECK(p.Open() == 2);
}

TEST_CASE("endpoints that hang leave room for the others") {
  Post p;
  const int64_t many = Sender::kMostSuspectPosts + 100;
  for (int64_t endpoint = 1; endpoint <= many; ++endpoint) {
    for (int i = 0; i < 3; ++i) p.ledger.Add(endpoint, endpoint * 10 + i, endpoint * 10 + i);
    p.Touch(endpoint);
  }
  p.Turn();
  CHECK(p.Open() == size_t(many));
  p.Answer(500);
  CHECK(p.Open() == Sender::kMostSuspectPosts);
  p.ledger.Add(many + 1, 1, 1, "http://203.0.113.77/");
  p.Touch(many + 1);
  p.Turn();
  CHECK(p.Open() == Sender::kMostSuspectPosts + 1);
  for (int i = 0; i < 10; ++i) p.Answer(200);
  CHECK(p.ledger.results.size() >= size_t(many) * 3);
}

TEST_CASE("one user's endpoints, however many hang, leave room for another's") {
  Post p;
  const int64_t many = Sender::kMostPosts + 100;
  for (int64_t endpoint = 1; endpoint <= many; ++endpoint) {
    p.ledger.Add(endpoint, endpoint, endpoint);
    p.Touch(endpoint);
  }
  p.Turn();
  CHECK(p.Open() == Sender::kMostPosts / 2);
  for (int64_t i = 1; i <= 50; ++i) {
    p.ledger.Add(many + i, i, i, "http://203.0.113.77/");
    p.ledger.owners[many + i] = 2;
    p.Touch(many + i);
  }
  p.Turn();
  CHECK(p.Open() == Sender::kMostPosts / 2 + 50);
  while (p.Open() > 0) p.Answer(200);
  CHECK(p.ledger.results.size() == size_t(many) + 50);
}

TEST_CASE("a quick endpoint is served in batches") {
  Post p;
  for (int i = 0; i < 1000; ++i) p.ledger.Add(1, 10 + i, 100 + i);
  p.Touch(1);
  p.Turn();
  for (int i = 0; i < 6; ++i) p.Answer(200);
  CHECK(p.Open() == EndpointHealth::kMostAtOnce);
  const int loads = p.ledger.loads;
  while (p.Open() > 0) p.Answer(200);
  CHECK(p.ledger.results.size() == 1000);
  CHECK(p.ledger.loads - loads < 200);
}

TEST_CASE("a host that leads to a forbidden address is not connected to") {
  Post p;
  p.ledger.Add(1, 10, 100, "http://hooks.example/");
  p.Touch(1);
  p.Turn();
  p.resolver.Answer({"127.0.0.1"});
  p.Turn();
  CHECK(p.Open() == 0);
  REQUIRE(p.ledger.results.size() == 1);
  CHECK(p.ledger.results[0].outcome == WebhookOutcome::kRetry);
  CHECK(p.ledger.results[0].error == "The host's address is forbidden");
}

TEST_CASE("a post on its own goes round lanes and ledger") {
  Post p;
  core::WebhookPost post;
  post.url = "http://203.0.113.5/";
  int status = 0;
  p.sender.PostOnce(post, [&](const http_client::HttpReply& reply) { status = reply.status; });
  p.Turn();
  p.Answer(418);
  CHECK(status == 418);
  CHECK(p.ledger.results.empty());
}

TEST_CASE("at the end posts under way may finish, and nothing new is taken") {
  Post p;
  p.ledger.Add(1, 10, 100);
  p.Touch(1);
  p.Turn();
  p.sender.Interrupt();
  p.ledger.Add(2, 11, 101);
  p.Touch(2);
  p.Turn();
  CHECK(p.Open() == 1);
  p.Answer(200);
  CHECK(p.ledger.results.size() == 1);
  CHECK(p.Open() == 0);
}

TEST_CASE("fifty failures at one instant are tried again at different times") {
  Post p;
  for (int i = 1; i <= 50; ++i) {
    p.ledger.Add(i, i, i, "http://203.0.113." + std::to_string(i) + "/");
    p.Touch(i);
  }
  p.Turn();
  REQUIRE(p.Open() == 50);
  p.Answer(500);
  REQUIRE(p.ledger.results.size() == 50);
  std::set<UnixMillis> times;
  for (const auto& result : p.ledger.results) times.insert(result.next_attempt_at);
  CHECK(times.size() > 25);  // by chance alone: half of them at one time would be a miracle
  CHECK(*times.rbegin() - *times.begin() > 500);  // of the ± 10 % of 5 s
}

}  // namespace egd::hooks
