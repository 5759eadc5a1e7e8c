#include "daemon/service/domains/verify_domain.h"

#include <chrono>
#include <future>

#include <catch2/catch.hpp>

#include "daemon/service/domains/domain_check.h"
#include "daemon/store/domain_store.h"
#include "tests/unit/domain_status.h"
#include "tests/unit/service/domains_fixture.h"

namespace egd::service {
namespace {

using core::DomainStatus;
using core::RecordStatus;

std::vector<RecordStatus> Statuses(const core::SenderDomain& domain) {
  std::vector<RecordStatus> statuses;
  for (const auto& record : domain.records) statuses.push_back(record.status);
  return statuses;
}

}  // namespace

TEST_CASE("right records enable a domain, and the verdicts stay") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.Publish(domain.records);
  house.clock.Advance(std::chrono::hours(1));
  CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
  const core::SenderDomain stored = house.Stored(domain);
  CHECK(stored.status == DomainStatus::kEnabled);
  CHECK(Statuses(stored) == std::vector<RecordStatus>(5, RecordStatus::kPass));
  CHECK(stored.last_checked_at == house.clock.Now());
  CHECK(stored.records[0].last_checked_at == house.clock.Now());
  CHECK(stored.records[0].found == "mfrom.gw.example");
}

TEST_CASE("each record gets its own verdict") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.Publish(domain.records);
  house.dns.Set(domain.records[0], "elsewhere.example");
  const core::SenderDomain verified = house.Verify(domain);
  CHECK(verified.status == DomainStatus::kApprovalPending);
  CHECK(Statuses(verified) == std::vector<RecordStatus>{RecordStatus::kFail, RecordStatus::kPass,
                                                        RecordStatus::kPass, RecordStatus::kPass,
                                                        RecordStatus::kPass});
  CHECK(house.Stored(domain).records[0].found == "elsewhere.example");
  CHECK_FALSE(house.Stored(domain).records[0].error.empty());
}

TEST_CASE("a DNS that is down demotes nobody, missing records do at the third time") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.Publish(domain.records);
  house.Verify(domain);
  house.dns.down = true;
  for (int i = 0; i < 5; ++i) CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
  CHECK(Statuses(house.Stored(domain)) == std::vector<RecordStatus>(5, RecordStatus::kTempError));
  house.dns.down = false;
  house.dns.Clear();
  CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
  CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
  CHECK(house.Verify(domain).status == DomainStatus::kApprovalPending);
  house.dns.Publish(domain.records);
  CHECK(house.Verify(domain).status == DomainStatus::kEnabled);
}

TEST_CASE("of two users with one name the first to verify holds it until it lets go") {
  DomainHouse house;
  const core::SenderDomain first = house.Add("example.com");
  const core::SenderDomain second = house.AddFor(house.mallory, "example.com", {"ml", {}, {}, {}});
  house.dns.Publish(first.records);
  REQUIRE(house.Verify(first).status == DomainStatus::kEnabled);
  house.dns.Publish(second.records);
  const core::SenderDomain refused = house.Verify(second);
  CHECK(refused.status == DomainStatus::kApprovalPending);
  CHECK(Statuses(refused) == std::vector<RecordStatus>(5, RecordStatus::kPass));
  CHECK(house.Stored(second).records[0].error ==
        "Another user of this gateway has this domain enabled; only one can.");
  CHECK(house.Stored(first).status == DomainStatus::kEnabled);
  REQUIRE(house.domains.Delete(house.jane.id, first.id));
  CHECK(house.Verify(second).status == DomainStatus::kEnabled);
  CHECK(house.Stored(second).records[0].error.empty());
}

TEST_CASE("records that were regenerated during the look-ups are not enabled by old ones") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.Publish(domain.records);
  bool changed = false;
  house.dns.before_answer = [&] {
    if (std::exchange(changed, true)) return;
    DomainSettings settings;
    settings.hosts.subdomain = "outbound";
    REQUIRE(house.domains.Update(house.jane.id, domain.id, settings));
  };
  const core::SenderDomain verified = house.Verify(domain);
  CHECK(verified.status == DomainStatus::kApprovalPending);
  CHECK(verified.mfrom_host == "outbound.example.com");
  CHECK(Statuses(verified) == std::vector<RecordStatus>{RecordStatus::kUnchecked,
                                                        RecordStatus::kPass, RecordStatus::kPass,
                                                        RecordStatus::kPass,
                                                        RecordStatus::kUnchecked});
}

TEST_CASE("a domain that is deleted during the look-ups is not found") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  bool deleted = false;
  house.dns.before_answer = [&] {
    if (!std::exchange(deleted, true)) REQUIRE(house.domains.Delete(house.jane.id, domain.id));
  };
  const auto verified = house.verify.Verify(house.jane.id, domain.id);
  REQUIRE_FALSE(verified);
  CHECK(verified.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a round that shutdown interrupts changes nothing") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.down = true;
  house.verify.Interrupt();
  house.rounds.Interrupt();
  const auto verified = house.verify.Verify(house.jane.id, domain.id);
  REQUIRE_FALSE(verified);
  CHECK(verified.error().kind == ErrorKind::kUnavailable);
  CHECK(Statuses(house.Stored(domain)) == std::vector<RecordStatus>(5, RecordStatus::kUnchecked));
}

TEST_CASE("the background check verifies each domain once a day") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.AddFor(house.mallory, "example.net");
  house.dns.Publish(domain.records);
  DomainCheck check(*house.store, house.verify, house.clock);
  CHECK(check.RunDue() == 0);
  house.clock.Advance(std::chrono::hours(24));
  CHECK(check.RunDue() == 0);  // a day has passed, not more
  house.clock.Advance(std::chrono::milliseconds(1));
  CHECK(check.RunDue() == 2);
  CHECK(house.Stored(domain).status == DomainStatus::kEnabled);
  CHECK(check.RunDue() == 0);
  house.dns.Clear();
  for (int day = 1; day <= 3; ++day) {
    CHECK(house.Stored(domain).status == DomainStatus::kEnabled);
    house.clock.Advance(std::chrono::hours(25));
    CHECK(check.RunDue() == 2);
  }
  CHECK(house.Stored(domain).status == DomainStatus::kApprovalPending);
}

TEST_CASE("the background check leaves suspended domains alone") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  REQUIRE(house.store->Write(
      [&](store::Transaction& tx) { return SetStatus(tx, domain.id, DomainStatus::kSuspended); }));
  DomainCheck check(*house.store, house.verify, house.clock);
  house.clock.Advance(std::chrono::hours(48));
  CHECK(check.RunDue() == 0);
}

TEST_CASE("the background check's thread starts, ticks and stops") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.clock.Advance(std::chrono::hours(48));
  std::promise<void> asked;
  bool told = false;
  house.dns.before_answer = [&] {
    if (!std::exchange(told, true)) asked.set_value();
  };
  DomainCheck check(*house.store, house.verify, house.clock);
  check.Start(std::chrono::milliseconds(1));
  CHECK(asked.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  check.Interrupt();
  check.Join();
}

}  // namespace egd::service
