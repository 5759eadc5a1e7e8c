#include "daemon/service/domains/dkim_rotation.h"

#include <algorithm>
#include <chrono>

#include <catch2/catch.hpp>

#include "daemon/core/dkim_rotation.h"
#include "daemon/dkim/private_key.h"
#include "daemon/service/domains/domain_check.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/store/domain_store.h"
#include "tests/unit/service/domains_fixture.h"

namespace egd::service {
namespace {

using core::DkimAlgorithm;
using core::DomainStatus;
using core::RecordStatus;

config::Config WithEd25519() {
  config::Config config = DomainHouse::Settings();
  config.dkim.ed25519 = true;
  return config;
}

// example.com, enabled, in a house whose clock says November 2023.
struct RotatingHouse : DomainHouse {
  explicit RotatingHouse(config::Config settings = Settings()) : DomainHouse(std::move(settings)) {
    domain = Add("example.com");
    dns.Publish(domain.records);
    REQUIRE(Verify(domain).status == DomainStatus::kEnabled);
  }

  Rotation Rotate() {
    auto started = rotation.Start(jane.id, domain.id);
    REQUIRE(started);
    return *std::move(started);
  }
  // "eg202311 active, …"
  std::string States() {
    std::string states;
    for (const core::DkimKey& key : Stored(domain).dkim_keys) {
      states += states.empty() ? "" : ", ";
      states += key.selector + " " + std::string(core::Name(key.state));
    }
    return states;
  }
  core::DnsRecord RecordOf(const std::string& selector) {
    const auto records = Stored(domain).records;
    const auto found = std::ranges::find(records, selector, &core::DnsRecord::selector);
    REQUIRE(found != records.end());
    return *found;
  }
  void Publish(const std::string& selector) { dns.Publish({RecordOf(selector)}); }
  bool IsListed(const std::string& selector) {
    const auto records = Stored(domain).records;
    return std::ranges::count(records, selector, &core::DnsRecord::selector) > 0;
  }

  core::SenderDomain domain;
  DomainCheck check{*store, verify, clock};
};

constexpr auto kDay = std::chrono::hours(24);

}  // namespace

TEST_CASE("a rotation lists a new key's record and leaves the domain as it is") {
  RotatingHouse house;
  const Rotation rotation = house.Rotate();
  CHECK_FALSE(rotation.already_pending);
  CHECK(rotation.grace == 7 * kDay);
  CHECK(house.States() == "eg202311 active, eg202311-2 pending");
  const core::SenderDomain stored = house.Stored(house.domain);
  CHECK(stored.status == DomainStatus::kEnabled);
  REQUIRE(stored.records.size() == 6);
  CHECK(stored.records[0].status == RecordStatus::kPass);
  const core::DnsRecord record = house.RecordOf("eg202311-2");
  CHECK(record.host == "eg202311-2._domainkey.example.com");
  CHECK(record.value == "v=DKIM1; k=rsa; p=" + stored.dkim_keys[1].public_key);
  CHECK(record.status == RecordStatus::kUnchecked);
  CHECK(stored.dkim_keys[1].public_key != stored.dkim_keys[0].public_key);
}

TEST_CASE("the new key is sealed, and to its domain") {
  RotatingHouse house;
  const core::DkimKey key = house.Rotate().domain.dkim_keys.at(1);
  CHECK(key.private_key.find("PRIVATE KEY") == std::string::npos);
  const auto pem = OpenDkimKey(house.domain, key, house.vault);
  REQUIRE(pem);
  CHECK(dkim::PrivateKey::Parse(*pem));
  CHECK_FALSE(OpenDkimKey(house.Add("example.net"), key, house.vault));
}

TEST_CASE("asked again, a rotation is the one that is pending") {
  RotatingHouse house;
  const Rotation first = house.Rotate(), second = house.Rotate();
  CHECK(second.already_pending);
  CHECK(second.domain.dkim_keys == first.domain.dkim_keys);
  CHECK(house.Stored(house.domain).records.size() == 6);
}

TEST_CASE("somebody else's domain cannot be rotated") {
  RotatingHouse house;
  const auto refused = house.rotation.Start(house.mallory.id, house.domain.id);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kNotFound);
  CHECK(house.States() == "eg202311 active");
}

TEST_CASE("a name that leaves no room for the new record is refused, and nothing changes") {
  DomainHouse house;
  const std::string label(60, 'b');
  const core::SenderDomain domain = house.Add(  // "eg202311._domainkey." and it: 252
      label + "." + label + "." + label + "." + std::string(46, 'c') + ".co", {"s", "t", "-", {}});
  const auto refused = house.rotation.Start(house.jane.id, domain.id);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kUnprocessable);
  CHECK(house.Stored(domain).dkim_keys.size() == 1);
}

TEST_CASE("an unpublished key demotes nobody; a wrong one neither, and it does not sign") {
  RotatingHouse house;
  house.Rotate();
  for (int i = 0; i < 5; ++i) CHECK(house.Verify(house.domain).status == DomainStatus::kEnabled);
  CHECK(house.Stored(house.domain).consecutive_failures == 0);
  CHECK(house.RecordOf("eg202311-2").status == RecordStatus::kFail);
  house.dns.Set(house.RecordOf("eg202311-2"), house.RecordOf("eg202311").value);
  CHECK(house.Verify(house.domain).status == DomainStatus::kEnabled);
  CHECK(house.RecordOf("eg202311-2").error.find("another key") != std::string::npos);
  CHECK(house.States() == "eg202311 active, eg202311-2 pending");
}

TEST_CASE("verifydomain that sees the record cuts over, and the grace period ends it") {
  RotatingHouse house;
  house.Rotate();
  house.Publish("eg202311-2");
  house.dns.down = true;
  house.Verify(house.domain);
  CHECK(house.States() == "eg202311 active, eg202311-2 pending");
  house.dns.down = false;
  CHECK(house.Verify(house.domain).dkim_keys[1].state == core::DkimKeyState::kActive);
  CHECK(house.States() == "eg202311 retiring, eg202311-2 active");
  CHECK(house.IsListed("eg202311"));
  CHECK(house.RecordOf("eg202311-2").status == RecordStatus::kPass);
  house.clock.Advance(7 * kDay - std::chrono::milliseconds(1));
  house.Verify(house.domain);
  CHECK(house.IsListed("eg202311"));
  house.clock.Advance(std::chrono::milliseconds(1));
  house.Verify(house.domain);
  CHECK(house.States() == "eg202311-2 active");
  CHECK_FALSE(house.IsListed("eg202311"));
  CHECK(house.Stored(house.domain).records.size() == 5);
  CHECK(house.Stored(house.domain).status == DomainStatus::kEnabled);
}

TEST_CASE("after the cut-over the new record is the required one, the old one may vanish") {
  RotatingHouse house;
  house.Rotate();
  house.Publish("eg202311-2");
  house.Verify(house.domain);
  house.dns.Set(house.RecordOf("eg202311"), "v=DKIM1; p=");
  for (int i = 0; i < 4; ++i) CHECK(house.Verify(house.domain).status == DomainStatus::kEnabled);
  house.dns.Set(house.RecordOf("eg202311-2"), "v=DKIM1; p=");
  for (int i = 0; i < 3; ++i) house.Verify(house.domain);
  CHECK(house.Stored(house.domain).status == DomainStatus::kApprovalPending);
}

TEST_CASE("the background check looks for a pending key each tick, then each quarter of an hour") {
  RotatingHouse house;
  house.Rotate();
  size_t asked = 0;
  house.dns.before_answer = [&] { ++asked; };
  const auto tick = [&] {
    const size_t before = asked;
    house.check.AdvanceDueKeys();
    house.clock.Advance(std::chrono::minutes(1));
    return asked - before;
  };
  for (int minute = 0; minute < 60; ++minute)
    CHECK(tick() == 3);  // its one record, and where it may be by mistake
  for (int quarter = 0; quarter < 4; ++quarter) {
    size_t looks = 0;
    for (int minute = 0; minute < 15; ++minute) looks += tick();
    CHECK(looks == 3);
  }
  house.clock.Advance(3 * kDay);
  CHECK(tick() == 3);
  size_t looks = 0;
  for (int minute = 0; minute < 60; ++minute) looks += tick();
  CHECK(looks == 0);
}

TEST_CASE("the background check cuts over and later deletes the old key, at its minute") {
  RotatingHouse house;
  house.Rotate();
  CHECK(house.check.AdvanceDueKeys() == 1);
  CHECK(house.States() == "eg202311 active, eg202311-2 pending");
  house.Publish("eg202311-2");
  house.clock.Advance(std::chrono::minutes(1));
  CHECK(house.check.AdvanceDueKeys() == 1);
  CHECK(house.States() == "eg202311 retiring, eg202311-2 active");
  house.clock.Advance(7 * kDay - std::chrono::milliseconds(1));
  CHECK(house.check.AdvanceDueKeys() == 0);
  house.clock.Advance(std::chrono::milliseconds(1));
  CHECK(house.check.AdvanceDueKeys() == 1);
  CHECK(house.States() == "eg202311-2 active");
  CHECK_FALSE(house.IsListed("eg202311"));
  CHECK(house.check.AdvanceDueKeys() == 0);
}

TEST_CASE("the background check gets through more rotations than it looks for at once") {
  DomainHouse house;
  DomainCheck check(*house.store, house.verify, house.clock);
  constexpr size_t kCount = kDomainsPerTick + 10;
  REQUIRE(house.store->Write([&](store::Transaction& tx) {
    for (size_t i = 0; i < kCount; ++i) {
      core::SenderDomain domain;
      domain.user_id = house.jane.id;
      domain.name = "d" + std::to_string(i) + ".example";
      domain.dkim_keys = {core::NextDkimKey(domain, DkimAlgorithm::kRsaSha256, house.clock.Now())};
      store::DomainStore(tx).Insert(domain);
    }
  }));
  CHECK(check.AdvanceDueKeys() == kCount);
  CHECK(check.AdvanceDueKeys() == 0);
  house.clock.Advance(std::chrono::minutes(1));
  CHECK(check.AdvanceDueKeys() == kCount);
}

TEST_CASE("looking for a key counts no failure and does not postpone the daily round") {
  RotatingHouse house;
  house.Rotate();
  const UnixMillis checked = house.Stored(house.domain).last_checked_at;
  house.dns.Clear();
  for (int minute = 0; minute < 10; ++minute) {
    house.clock.Advance(std::chrono::minutes(1));
    house.check.AdvanceDueKeys();
  }
  const core::SenderDomain stored = house.Stored(house.domain);
  CHECK(stored.status == DomainStatus::kEnabled);
  CHECK(stored.consecutive_failures == 0);
  CHECK(stored.last_checked_at == checked);
  CHECK(stored.records[0].status == RecordStatus::kPass);
  CHECK(house.RecordOf("eg202311-2").status == RecordStatus::kFail);
}

TEST_CASE("new hosts keep the records of pending and of retiring keys") {
  RotatingHouse house;
  house.Rotate();
  house.Publish("eg202311-2");
  house.Verify(house.domain);
  house.Rotate();
  DomainSettings settings;
  settings.hosts.subdomain = "outbound";
  REQUIRE(house.domains.Update(house.jane.id, house.domain.id, settings));
  CHECK(house.States() == "eg202311 retiring, eg202311-2 active, eg202311-3 pending");
  for (const char* selector : {"eg202311", "eg202311-2", "eg202311-3"}) {
    CHECK(house.IsListed(selector));
    CHECK(house.RecordOf(selector).status == RecordStatus::kUnchecked);
  }
  house.dns.Publish(house.Stored(house.domain).records);
  house.Verify(house.domain);
  CHECK(house.States() == "eg202311 retiring, eg202311-2 retiring, eg202311-3 active");
}

TEST_CASE("a rotation that begins during a round is not touched by it") {
  RotatingHouse house;
  bool begun = false;
  house.dns.before_answer = [&] {
    if (!std::exchange(begun, true)) house.Rotate();
  };
  house.Verify(house.domain);
  CHECK(house.States() == "eg202311 active, eg202311-2 pending");
  CHECK(house.RecordOf("eg202311-2").status == RecordStatus::kUnchecked);
}

TEST_CASE("without a template the new key waits for its record all the same") {
  DomainHouse house(DomainHouse::WithoutRecords());
  const core::SenderDomain domain = house.Add("example.com");
  REQUIRE(house.rotation.Start(house.jane.id, domain.id));
  const core::SenderDomain stored = house.Stored(domain);
  REQUIRE(stored.records.size() == 1);
  CHECK(stored.records[0].host == "eg202311-2._domainkey.example.com");
  CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
  CHECK(core::MainDkimKey(house.Stored(domain))->selector == "eg202311");
  house.dns.Publish(stored.records);
  house.Verify(domain);
  CHECK(core::MainDkimKey(house.Stored(domain))->selector == "eg202311-2");
}

TEST_CASE("with ed25519 a new domain has a second key that nothing depends on") {
  DomainHouse house(WithEd25519());
  const core::SenderDomain domain = house.Add("example.com");
  REQUIRE(domain.dkim_keys.size() == 2);
  CHECK(domain.dkim_keys[1].algorithm == DkimAlgorithm::kEd25519Sha256);
  REQUIRE(domain.records.size() == 6);
  CHECK(domain.records[5].host == "ed202311._domainkey.example.com");
  CHECK(domain.records[5].value == "v=DKIM1; k=ed25519; p=" + domain.dkim_keys[1].public_key);
  house.dns.Publish({domain.records.begin(), domain.records.begin() + 5});
  CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
  CHECK(core::ActiveDkimKeys(house.Stored(domain)).size() == 1);
  house.dns.Publish({domain.records[5]});
  house.Verify(domain);
  CHECK(core::ActiveDkimKeys(house.Stored(domain)).size() == 2);
}

TEST_CASE("a domain gets ed25519 with its next rotation, and loses it with one") {
  RotatingHouse house;
  DkimRotation with(*house.store, house.vault, house.clock, WithEd25519());
  REQUIRE(with.Start(house.jane.id, house.domain.id));
  CHECK(house.States() == "eg202311 active, eg202311-2 pending, ed202311 pending");
  house.dns.Publish(house.Stored(house.domain).records);
  house.Verify(house.domain);
  CHECK(house.States() == "eg202311 retiring, eg202311-2 active, ed202311 active");
  house.clock.Advance(8 * kDay);
  house.Verify(house.domain);
  house.Rotate();
  CHECK(house.States() == "eg202311-2 active, ed202311 retiring, eg202311-3 pending");
  CHECK(house.IsListed("ed202311"));
}

TEST_CASE("ed25519 turned on during a rotation joins it") {
  RotatingHouse house;
  house.Rotate();
  DkimRotation with(*house.store, house.vault, house.clock, WithEd25519());
  const auto joined = with.Start(house.jane.id, house.domain.id);
  REQUIRE(joined);
  CHECK(joined->already_pending);
  CHECK(house.States() == "eg202311 active, eg202311-2 pending, ed202311 pending");
}

}  // namespace egd::service
