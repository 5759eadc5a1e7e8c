#include "daemon/service/accounts/ownership.h"

#include <catch2/catch.hpp>

#include "daemon/service/accounts/sender_keys.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/audience/journeys.h"
#include "daemon/service/audience/lists.h"
#include "daemon/service/audience/templates.h"
#include "daemon/service/hooks/webhook_subscriptions.h"
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
