// What becomes of test keys' mail, without any network.
#include "daemon/service/delivery/test_delivery.h"

#include "daemon/core/delivery.h"
#include "daemon/service/audience/unsubscribing.h"
#include "daemon/service/delivery/captured_mail.h"
#include "daemon/service/upkeep/retention.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/store/captured_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/rollup_store.h"
#include "daemon/store/store_check.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/usage_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::EventType;

struct TestGateway : Gateway {
  TestGateway() { ledger.SetTestDelivery(tests); }

  NewMessage TestMessage(const std::string& to) {
    NewMessage message = Message();
    message.is_test = true;
    message.draft.to = {{"", to}};
    return message;
  }
  // Due recipients that the engine gets: no tests.
  std::vector<core::DueRecipient> Claim() {
    std::vector<core::DueRecipient> live;
    ledger.Claim(100, clock.Now() + 60'000, {}, [&](auto due) { live = std::move(due); });
    REQUIRE(store->Write([](store::Transaction&) {}));
    return live;
  }
  void Run() {
    CHECK(Claim().empty());
    while (tests.SettleSome()) {
    }
  }
  // Of the events from the first on, a word each.
  std::string Story() {
    std::string words;
    const auto events = Events();
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      CHECK(event->is_test);
      words += std::string(core::Name(event->type)) + " ";
    }
    return words;
  }
  int64_t Captured() {
    return Read([&](store::Connection& c) {
      return store::CapturedStore(c).List(domain.id, std::nullopt, 0, 100).total;
    });
  }

  int woken = 0;
  TestDelivery tests{*store, clock, ledger, [this] { ++woken; }};
};

}  // namespace

TEST_CASE("each test recipient gets what it is named after") {
  const std::pair<const char*, const char*> stories[] = {
      {"delivered@x.example", "accepted delivery "},
      {"jane@x.example", "accepted delivery "},
      {"bounced+a@x.example", "accepted bounce "},
      {"complained@x.example", "accepted delivery complaint "},
      {"opened@x.example", "accepted delivery open "},
      {"clicked@x.example", "accepted delivery click "},
      {"unsubscribed@x.example", "accepted delivery unsubscribe "},
  };
  for (const auto& [address, story] : stories) {
    INFO(address);
    TestGateway gateway;
    gateway.Accept(gateway.TestMessage(address));
    gateway.Run();
    CHECK(gateway.Story() == story);
    CHECK(gateway.Captured() == 1);
    CHECK(gateway.Read([](store::Connection& c) { return store::QueueStore(c).Count(); }) == 0);
    CHECK(gateway.Read([&](store::Connection& c) {
      return store::SuppressionStore(c).Stops(gateway.user.id, address, "bulk");
    }) == false);
  }
}

TEST_CASE("a deferred test recipient is delivered at its second attempt, and captured once") {
  TestGateway gateway;
  gateway.Accept(gateway.TestMessage("deferred@x.example"));
  gateway.Run();
  CHECK(gateway.Story() == "accepted deferred ");
  CHECK(gateway.woken == 1);
  gateway.clock.Advance(std::chrono::milliseconds(2000));
  gateway.Run();
  CHECK(gateway.Story() == "accepted deferred delivery ");
  CHECK(gateway.Captured() == 1);
}

TEST_CASE("a suppressed test recipient is refused as if it were in the list") {
  TestGateway gateway;
  CHECK(gateway.Refusal(gateway.TestMessage("suppressed+1@x.example")) ==
        SendProblem::kAllSuppressed);
  NewMessage both = gateway.TestMessage("suppressed@x.example");
  both.draft.to.push_back({"", "jane@x.example"});
  CHECK(gateway.Accept(both).suppressed == std::vector<std::string>{"suppressed@x.example"});
  NewMessage live = gateway.Message();
  live.draft.to = {{"", "suppressed@x.example"}};
  CHECK(gateway.Accept(live).suppressed.empty());
}

TEST_CASE("the engine gets live mail alone") {
  TestGateway gateway;
  gateway.Accept(gateway.TestMessage("bounced@x.example"));
  gateway.Accept(gateway.Message());
  const auto live = gateway.Claim();
  REQUIRE(live.size() == 1);
  CHECK(live[0].address == "jane@example.net");
}

TEST_CASE("tests are in no statistics and no limit, and in the totals of the event log") {
  TestGateway gateway;
  gateway.user.monthly_send_limit = 1;
  gateway.SaveUser();
  for (int i = 0; i < 3; ++i) gateway.Accept(gateway.TestMessage("jane@x.example"));
  gateway.Run();
  gateway.Read([&](store::Connection& c) {
    CHECK(store::UsageStore(c).SentInMonth(gateway.user.id, gateway.clock.Now()) == 0);
    const int64_t today = store::DayOf(gateway.clock.Now());
    store::RollupStore rollups(c);
    CHECK(rollups.CountByDay(gateway.domain.id, {today, today}).empty());
    CHECK(rollups.CountTestsByDay(gateway.domain.id, {today, today}).at(today).Total() == 6);
    store::EventFilter filter;
    filter.domain_id = gateway.domain.id;
    filter.from = today * kDayMillis;
    filter.to = (today + 1) * kDayMillis - 1;
    CHECK(store::EventStore(c).List(filter, 0, 10).total == 6);
    return 0;
  });
}

TEST_CASE("a test's idempotency key is not the live one of the same name") {
  TestGateway gateway;
  NewMessage test = gateway.TestMessage("jane@x.example"), live = gateway.Message();
  test.idempotency_key = live.idempotency_key = "key";
  test.body_digest = live.body_digest = "digest";
  CHECK(gateway.Accept(test).id != gateway.Accept(live).id);
}

TEST_CASE("what is captured is the message as it would have gone out, for its user alone") {
  TestGateway gateway;
  NewMessage message = gateway.TestMessage("clicked@x.example");
  message.draft.html = "<a href=\"https://shop.example/a?b=1\">x</a>";
  message.track_links = true;
  gateway.Accept(message);
  gateway.Run();
  CapturedMail captured(*gateway.store);
  const auto page = captured.List(gateway.user.id, gateway.domain.id, std::nullopt, 0, 10);
  REQUIRE(page);
  REQUIRE(page->messages.size() == 1);
  CHECK(page->messages[0].recipient == "clicked@x.example");
  CHECK(page->messages[0].return_path.ends_with("@sl.example.com"));
  const int64_t id = page->messages[0].id;
  const auto found = captured.Find(gateway.user.id, gateway.domain.id, id);
  REQUIRE(found);
  CHECK(found->content.starts_with("DKIM-Signature:"));
  CHECK(found->content.find("track-sl.example.com/c/") != std::string::npos);
  CHECK(gateway.Events()[0].url == "https://shop.example/a?b=1");
  CHECK(captured.List(gateway.user.id + 1, gateway.domain.id, std::nullopt, 0, 10).error().kind ==
        ErrorKind::kNotFound);
  CHECK(captured.Find(gateway.user.id + 1, gateway.domain.id, id).error().kind ==
        ErrorKind::kNotFound);
}

TEST_CASE("a cancelled or settled test recipient is not settled again") {
  TestGateway gateway;
  gateway.Accept(gateway.TestMessage("jane@x.example"));
  std::vector<core::DueRecipient> due;
  {
    const auto claimed = gateway.store->Write([&](store::Transaction& tx) {
      return store::QueueStore(tx).Claim(1, gateway.clock.Now(),
                                         {gateway.store->lease_owner(), 1LL << 60});
    });
    REQUIRE(claimed);
    due = *claimed;
  }
  gateway.tests.Take(due);
  gateway.tests.Take(due);
  while (gateway.tests.SettleSome()) {
  }
  CHECK(gateway.Story() == "accepted delivery ");
  CHECK(gateway.Captured() == 1);
}

TEST_CASE("what a domain has captured is bounded, the oldest goes first") {
  TestGateway gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::CapturedMessage message;
    message.domain_id = gateway.domain.id;
    message.at = gateway.clock.Now();
    store::CapturedStore captured(tx);
    constexpr int64_t kMost = store::CapturedStore::kMostMessages;
    for (int64_t i = 0; i < kMost + 2; ++i) {
      message.recipient = std::to_string(i);
      captured.Insert(message, "x");
    }
    CHECK(captured.List(gateway.domain.id, std::nullopt, 0, 1).total == kMost);
    CHECK(captured.List(gateway.domain.id, std::nullopt, kMost - 1, 1).messages.at(0).recipient ==
          "2");
    CHECK(captured.Purge(gateway.clock.Now() + 1, 5) == 5);
    CHECK(captured.List(gateway.domain.id, std::nullopt, 0, 1).total == kMost - 5);
  }));
}

TEST_CASE("unsubscribing by a test message's link suppresses nobody") {
  TestGateway gateway;
  NewMessage message = gateway.TestMessage("jane@x.example");
  message.unsubscribe_link = true;
  Unsubscription wish;
  wish.domain_id = gateway.domain.id;
  wish.message_id = gateway.Accept(message).id;
  wish.address = "jane@x.example";
  REQUIRE(gateway.store->Write(
      [&](store::Transaction& tx) { CHECK(Unsubscribe(tx, wish, gateway.clock.Now())); }));
  CHECK(gateway.Story() == "accepted unsubscribe ");
  message.is_test = false;  // its live twin is not stopped
  CHECK(gateway.Accept(message).suppressed.empty());
}

TEST_CASE("tests suppress nobody for live mail, and its suppressions do not hinder them") {
  TestGateway gateway;
  for (const char* address : {"bounced@x.example", "complained@x.example"}) {
    gateway.Accept(gateway.TestMessage(address));
  }
  gateway.Run();
  for (const char* address : {"bounced@x.example", "complained@x.example"}) {
    NewMessage live = gateway.Message();
    live.draft.to = {{"", address}};
    CHECK(gateway.Accept(live).suppressed.empty());
  }
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({gateway.user.id, "jane@x.example", "manual", "", 1});
  }));
  CHECK(gateway.Accept(gateway.TestMessage("jane@x.example")).suppressed.empty());
  gateway.Claim();
  while (gateway.tests.SettleSome()) {
  }
  CHECK(gateway.Events()[0].recipient == "jane@x.example");
  CHECK(gateway.Events()[0].type == EventType::kDelivery);
}

TEST_CASE("scheduled tests are captured at their time, and counted apart from live mail") {
  TestGateway gateway;
  AcceptanceOptions options = gateway.Tracking();
  options.max_scheduled = 1;
  Acceptance acceptance(*gateway.store, gateway.clock, options, [] {});
  const auto accepted = [&](NewMessage message) {
    message.send_at = gateway.clock.Now() + 60'000;
    const auto outcome = acceptance.Accept(std::move(message));
    REQUIRE(outcome);
    return std::holds_alternative<AcceptedMessage>(*outcome);
  };
  CHECK(accepted(gateway.TestMessage("jane@x.example")));
  CHECK(accepted(gateway.Message()));
  CHECK_FALSE(accepted(gateway.TestMessage("jane@x.example")));
  CHECK_FALSE(accepted(gateway.Message()));
  gateway.Run();
  CHECK(gateway.Captured() == 0);
  gateway.clock.Advance(std::chrono::milliseconds(60'000));
  CHECK(gateway.Claim().size() == 1);
  while (gateway.tests.SettleSome()) {
  }
  CHECK(gateway.Captured() == 1);
}

TEST_CASE("captured mail is kept for 7 days") {
  TestGateway gateway;
  Retention retention(*gateway.store, gateway.clock, {.events_days = 90, .content_days = 3});
  gateway.Accept(gateway.TestMessage("jane@x.example"));
  gateway.Run();
  gateway.clock.Advance(std::chrono::hours(7 * 24));
  retention.RunDue();
  CHECK(gateway.Captured() == 1);
  gateway.clock.Advance(std::chrono::milliseconds(1));
  retention.RunDue();
  CHECK(gateway.Captured() == 0);
}

TEST_CASE("counts of tests go with the events that they count") {
  TestGateway gateway;
  Retention retention(*gateway.store, gateway.clock, {.events_days = 10, .content_days = 3});
  gateway.Accept(gateway.TestMessage("jane@x.example"));
  gateway.Run();
  const auto has_tests = [&] {
    return gateway.Read(
        [&](store::Connection& c) { return store::RollupStore(c).HasTests(gateway.domain.id); });
  };
  CHECK(has_tests());
  gateway.clock.Advance(std::chrono::hours(12 * 24));
  retention.RunDue();
  CHECK(gateway.Events().empty());
  CHECK_FALSE(has_tests());
}

TEST_CASE("what a deleted domain captured is swept, part by part") {
  TestGateway gateway;
  constexpr int64_t kMost = store::CapturedStore::kBytesAtOnce;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::CapturedMessage message;
    message.domain_id = gateway.domain.id;
    message.at = gateway.clock.Now();
    for (int i = 0; i < 3; ++i) {
      store::CapturedStore(tx).Insert(message, std::string(size_t(kMost), 'x'));
    }
    message.domain_id = gateway.domain.id + 1;
    store::CapturedStore(tx).Insert(message, "another's");
    store::DomainStore(tx).Delete(gateway.domain.id);
    SweepSome(tx, gateway.clock.Now());
  }));
  CHECK(gateway.Captured() == 2);
  Sweeper(*gateway.store, gateway.clock).RunDue();
  CHECK(gateway.Captured() == 0);
  gateway.Read([&](store::Connection& c) {
    store::CapturedStore captured(c);
    CHECK_FALSE(captured.Has(gateway.domain.id));
    CHECK(captured.List(gateway.domain.id + 1, std::nullopt, 0, 1).total == 1);
    return 0;
  });
}

TEST_CASE("a message's copies are found by its ID") {
  TestGateway gateway;
  NewMessage two = gateway.TestMessage("jane@x.example");
  two.draft.to.push_back({"", "joe@x.example"});
  const Uuid id = gateway.Accept(two).id;
  gateway.Accept(gateway.TestMessage("jane@x.example"));
  gateway.Run();
  CapturedMail captured(*gateway.store);
  const auto page = captured.List(gateway.user.id, gateway.domain.id, id, 1, 10);
  REQUIRE(page);
  CHECK(page->total == 2);
  REQUIRE(page->messages.size() == 1);
  CHECK(page->messages[0].message_id == id);
}

TEST_CASE("the store is sound with tests in it") {
  TestGateway gateway;
  for (const char* address : {"opened@x.example", "bounced@x.example", "deferred@x.example"}) {
    gateway.Accept(gateway.TestMessage(address));
  }
  gateway.Accept(gateway.Message());
  gateway.Claim();
  while (gateway.tests.SettleSome()) {
  }
  const auto check = store::CheckStore(gateway.dir.path());
  REQUIRE(check);
  CHECK(check->violations == std::vector<std::string>());
}

}  // namespace egd::service
