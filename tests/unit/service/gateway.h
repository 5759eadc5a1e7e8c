// A gateway without network: a store of its own with a user and an enabled domain, and what sends
// and delivers over it.
#pragma once

#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "daemon/auth/vault.h"
#include "daemon/core/domain.h"
#include "daemon/core/user.h"
#include "daemon/service/delivery/stored_delivery_ledger.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/store.h"
#include "daemon/store/user_store.h"
#include "tests/unit/dkim/test_key.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {

struct Gateway {
  Gateway() {
    user.username = user.email_address = "user@example.com";
    domain.name = "example.com";
    domain.status = core::DomainStatus::kEnabled;
    domain.mfrom_host = "sl.example.com";
    domain.tracking_host = "track-sl.example.com";
    domain.dkim_keys = {{"egd", {}, core::DkimKeyState::kActive, {}, {}, 0, 0}};
    REQUIRE(store->Write([&](store::Transaction& tx) {
      store::UserStore(tx).Insert(user);
      domain.user_id = user.id;
      SealDkimKey(domain, domain.dkim_keys[0], dkim::kTestPrivateKey, vault);
      store::DomainStore(tx).Insert(domain);
    }));
  }

  void SaveUser() {
    REQUIRE(store->Write([&](store::Transaction& tx) { store::UserStore(tx).Update(user); }));
  }
  void SaveDomain() {
    REQUIRE(store->Write([&](store::Transaction& tx) {
      store::DomainStore(tx).Update(domain);
      store::DomainStore(tx).ReplaceKeys(domain);
    }));
  }

  NewMessage Message() const {
    NewMessage message;
    message.domain_id = domain.id;
    message.draft.from = {"Shop", "shop@example.com"};
    message.draft.to = {{"Jane", "jane@example.net"}};
    message.draft.subject = "Hello";
    message.draft.plain = "Hello Jane\n";
    message.unsubscribe_link = false;
    return message;
  }
  AcceptedMessage Accept(NewMessage message) {
    const Result<AcceptOutcome> outcome = acceptance.Accept(std::move(message));
    REQUIRE(outcome);
    if (const auto* refusals = std::get_if<SendRefusals>(&*outcome)) FAIL(refusals->front().text);
    return std::get<AcceptedMessage>(*outcome);
  }
  // The one problem of a message that must be refused.
  SendProblem Refusal(NewMessage message) {
    const Result<AcceptOutcome> outcome = acceptance.Accept(std::move(message));
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<SendRefusals>(*outcome));
    const auto& refusals = std::get<SendRefusals>(*outcome);
    REQUIRE(refusals.size() == 1);
    CHECK_FALSE(refusals[0].text.empty());
    return refusals[0].problem;
  }

  template <typename Job>
  auto Read(Job job) {
    auto result = store->Read(job);
    REQUIRE(result);
    return *std::move(result);
  }
  // Newest first.
  std::vector<core::Event> Events() {
    store::EventFilter filter;
    filter.domain_id = domain.id;
    return Read([&](store::Connection& connection) {
      return store::EventStore(connection).List(filter, 0, 10'000).events;
    });
  }

  TempDir dir;
  FakeClock clock;
  auth::Vault vault{std::string(32, 'k')};
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  core::User user;
  core::SenderDomain domain;
  int wake_ups = 0;
  static AcceptanceOptions Tracking() {
    AcceptanceOptions options;
    options.tracking = true;
    return options;
  }
  Acceptance acceptance{*store, clock, Tracking(), [this] { ++wake_ups; }};
  LinkTracker tracker{vault, {true, "https"}};
  StoredDeliveryLedger ledger{*store, vault, clock, tracker};
};

}  // namespace egd::service
