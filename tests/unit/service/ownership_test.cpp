#include "daemon/service/accounts/ownership.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "daemon/service/accounts/sender_keys.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/audience/journeys.h"
#include "daemon/service/audience/lists.h"
#include "daemon/service/audience/templates.h"
#include "daemon/service/hooks/webhook_subscriptions.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/store/list_store.h"
#include "daemon/store/ownership_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/sweep_store.h"
#include "tests/unit/service/gateway.h"
#include "tests/unit/smtp_client/fake_resolver.h"

namespace egd::service {

TEST_CASE("nobody gets more of a kind than allowed, and another when one is deleted") {
  Gateway gateway;
  config::Config::Limits limits;
  limits.webhooks = limits.keys = limits.credentials = 2;
  limits.lists = limits.templates = limits.journeys = 2;
  Lists lists(*gateway.store, gateway.clock, limits);
  Templates templates(*gateway.store, gateway.clock, limits);
  Journeys journeys(*gateway.store, gateway.clock, limits);
  SenderKeys keys(*gateway.store, gateway.vault, gateway.clock, limits);
  SmtpCredentialService credentials(*gateway.store, gateway.clock, limits);
  smtp_client::FakeResolver resolver;
  DnsRounds rounds(resolver);
  WebhookSubscriptions webhooks(*gateway.store, rounds, gateway.vault, gateway.clock,
                                core::AddressGuard(std::vector<core::IpNetwork>{}), limits);
  const int64_t user = gateway.user.id, domain = gateway.domain.id;
  core::EmailTemplate email;
  email.user_id = user;
  core::Journey journey;
  journey.user_id = user;
  core::Webhook webhook;
  webhook.domain_id = domain;
  webhook.url = "https://hooks.example.com/";
  for (int i = 0; i < 2; ++i) {
    CHECK(lists.Create(user, "list"));
    CHECK(templates.Create(email));
    CHECK(journeys.Create(journey));
    CHECK(keys.Add(user, domain, "key"));
    CHECK(credentials.Add(user, domain));
    CHECK(webhooks.Add(user, webhook));
  }
  const Result<int64_t> refused = lists.Create(user, "list");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kForbidden);
  CHECK(refused.error().public_text ==
        "The limit of 2 lists of a user is reached. Delete some, or ask the operator to raise "
        "limits.lists.");
  CHECK(templates.Create(email).error().kind == ErrorKind::kForbidden);
  CHECK(journeys.Create(journey).error().kind == ErrorKind::kForbidden);
  CHECK(keys.Add(user, domain, "key").error().kind == ErrorKind::kForbidden);
  CHECK(credentials.Add(user, domain).error().kind == ErrorKind::kForbidden);
  CHECK(webhooks.Add(user, webhook).error().kind == ErrorKind::kUnprocessable);
  CHECK(keys.Replace(user, domain, "the only one"));
  CHECK(keys.Add(user, domain, "key"));
  REQUIRE(lists.Delete(user, {lists.List(user)->at(0).id}));
  CHECK(lists.Create(user, "list"));
}

TEST_CASE("scheduled messages are counted whatever their minute or hour, and when they are moved") {
  Gateway gateway;
  constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute;
  std::vector<UnixMillis> times;
  const auto count = [&](UnixMillis now) {
    return gateway.Read([&](store::Connection& connection) {
      store::OwnershipStore owned(connection);
      int64_t most = 0;
      while (owned.HasScheduled(gateway.user.id, false, now, most + 1)) ++most;
      return most;
    });
  };
  const auto check = [&] {
    for (int64_t later = -kMinute; later < 50 * kHour; later += 7 * kMinute + 1) {
      const UnixMillis now = gateway.clock.Now() + later;
      CAPTURE(later);
      CHECK(count(now) == std::ranges::count_if(times, [&](UnixMillis at) { return at > now; }));
    }
  };
  std::vector<Uuid> ids;
  for (const int64_t later :
       {int64_t{1}, kMinute - 1, kMinute, kMinute + 1, 2 * kMinute, 59 * kMinute, kHour - 1, kHour,
        kHour + 1, 2 * kHour, 2 * kHour, 47 * kHour}) {
    NewMessage message = gateway.Message();
    message.send_at = times.emplace_back(gateway.clock.Now() + later);
    ids.push_back(gateway.Accept(message).id);
  }
  check();
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::MessageStore messages(tx);
    for (size_t i = 0; i < ids.size(); i += 2) {
      times[i] = i % 4 == 0 ? 0 : gateway.clock.Now() + 3 * kHour;
      messages.SetSendAt(ids[i], times[i], gateway.clock.Now() + 100 * kHour);
    }
  }));
  check();
}

TEST_CASE("what cleardomainqueue cleared is scheduled no more, whether to recipients or a list") {
  Gateway gateway;
  const core::SubscriberList list = [&] {
    core::SubscriberList made;
    made.user_id = gateway.user.id;
    REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
      store::ListStore(tx).Insert(made);
      core::Subscriber subscriber;
      subscriber.list_id = made.id;
      subscriber.email_address = "jane@example.net";
      store::SubscriberStore(tx).Insert(subscriber);
    }));
    return made;
  }();
  NewMessage message = gateway.Message();
  message.send_at = gateway.clock.Now() + 3'600'000;
  gateway.Accept(message);
  message.draft.to.clear();
  message.ids.target_list_id = list.id;
  gateway.Accept(message);
  const auto has = [&](int64_t most) {
    return gateway.Read([&](store::Connection& connection) {
      return store::OwnershipStore(connection)
          .HasScheduled(gateway.user.id, false, gateway.clock.Now(), most);
    });
  };
  REQUIRE(has(2));
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    const int64_t queue = store::QueueStore(tx).Close(gateway.domain.id);
    store::SweepStore(tx).Add({store::SweepKind::kClearedQueue, queue});
  }));
  Sweeper(*gateway.store, gateway.clock).RunDue();
  CHECK_FALSE(has(1));
}

TEST_CASE("a user has only so many messages that wait for their time") {
  Gateway gateway;
  AcceptanceOptions options;
  options.max_scheduled = 2;
  Acceptance acceptance(*gateway.store, gateway.clock, options, [] {});
  NewMessage later = gateway.Message();
  later.send_at = gateway.clock.Now() + 60'000;
  const auto accepted = [&](const NewMessage& message) {
    return std::holds_alternative<AcceptedMessage>(*acceptance.Accept(message));
  };
  CHECK(accepted(later));
  CHECK(accepted(later));
  const auto outcome = acceptance.Accept(later);
  REQUIRE(std::holds_alternative<SendRefusals>(*outcome));
  CHECK(std::get<SendRefusals>(*outcome).at(0).problem == SendProblem::kMonthlyLimit);
  CHECK(accepted(gateway.Message()));  // at once
  gateway.clock.Advance(std::chrono::milliseconds(60'000));
  later.send_at += 60'000;
  CHECK(accepted(later));
}

}  // namespace egd::service
