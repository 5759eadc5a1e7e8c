#include "daemon/service/domains/domains.h"

#include <catch2/catch.hpp>

#include "daemon/auth/digest.h"
#include "daemon/dkim/private_key.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/sender_key_store.h"
#include "tests/unit/domain_status.h"
#include "tests/unit/service/domains_fixture.h"

namespace egd::service {
namespace {

using Problems = std::vector<DomainProblem>;
using core::DomainStatus;

}  // namespace

TEST_CASE("a new domain has its records, its keys and waits for approval") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("Example.COM");
  CHECK(domain.id > 0);
  CHECK(domain.name == "example.com");
  CHECK(domain.status == DomainStatus::kApprovalPending);
  CHECK(domain.created_at == house.clock.Now());
  REQUIRE(domain.dkim_keys.size() == 1);
  CHECK(domain.dkim_keys[0].selector == "eg202311");
  CHECK(domain.dkim_keys[0].state == core::DkimKeyState::kActive);
  CHECK(domain.mfrom_host == "sl.example.com");
  CHECK(domain.tracking_host == "track-sl.example.com");
  REQUIRE(domain.records.size() == 5);
  CHECK(domain.records[1].host == "eg202311._domainkey.example.com");
  CHECK(domain.records[1].value == "v=DKIM1; k=rsa; p=" + domain.dkim_keys[0].public_key);
  CHECK(domain.records[1].status == core::RecordStatus::kUnchecked);
  CHECK(house.Stored(domain).records.size() == 5);
}

TEST_CASE("a domain's secrets are sealed, and to that domain") {
  DomainHouse house;
  const core::SenderDomain domain = house.Stored(house.Add("example.com"));
  const core::DkimKey& key = domain.dkim_keys.at(0);
  const Result<std::string> pem = OpenDkimKey(domain, key, house.vault);
  REQUIRE(pem);
  CHECK(key.private_key.find("PRIVATE KEY") == std::string::npos);
  CHECK(dkim::PrivateKey::Parse(*pem));
  const Result<std::string> signing_key = OpenSigningKey(domain, house.vault);
  REQUIRE(signing_key);
  CHECK(signing_key->size() == kSigningKeyBytes);

  core::SenderDomain other = house.Add("example.net");
  other.signing_key = domain.signing_key;
  CHECK_FALSE(OpenDkimKey(other, key, house.vault));
  CHECK_FALSE(OpenSigningKey(other, house.vault));
}

TEST_CASE("adding is refused for names that nobody can own and hosts that cannot be") {
  DomainHouse house;
  for (const char* name : {"localhost", "co.uk", "192.0.2.1", "a b.com", ""}) {
    CHECK(house.Refusal(name) == Problems{DomainProblem::kNameInvalid});
  }
  CHECK(house.Refusal("example.com", {"a_b", {}, {}, {}}) ==
        Problems{DomainProblem::kHostsInvalid});
  CHECK(house.Refusal("example.com", {{}, "-a", {}, {}}) == Problems{DomainProblem::kHostsInvalid});
  CHECK(house.Refusal("example.com", {{}, {}, "_", {}}) == Problems{DomainProblem::kHostsInvalid});
  CHECK(house.Refusal("localhost", {"a_b", {}, {}, {}}) ==
        Problems{DomainProblem::kNameInvalid, DomainProblem::kHostsInvalid});
  CHECK(house.domains.List(house.jane.id)->empty());
}

TEST_CASE("a host too long for the DNS is blamed on whoever chose it") {
  DomainHouse house;
  const std::string label(61, 'b');
  const std::string longest = label + "." + label + "." + label + "." + label + ".co";
  CHECK(house.Refusal(longest) == Problems{DomainProblem::kNameInvalid});
  CHECK(house.Refusal("example.com", {std::string(32, 's'), std::string(32, 't'), {}, {}}) ==
        Problems{DomainProblem::kHostsInvalid});
}

TEST_CASE("a user's own domains are unique and limited, two users may add one name") {
  DomainHouse house;
  house.Add("example.com");
  CHECK(house.Refusal("EXAMPLE.com.") == Problems{DomainProblem::kAlreadyThere});
  house.AddFor(house.mallory, "example.com");
  house.jane.max_sender_domains = 2;
  REQUIRE(house.store->Write(
      [&](store::Transaction& tx) { return store::UserStore(tx).Update(house.jane); }));
  house.Add("example.net");
  CHECK(house.Refusal("example.org") == Problems{DomainProblem::kLimitReached});
  CHECK(house.Refusal("example.com") ==
        Problems{DomainProblem::kLimitReached, DomainProblem::kAlreadyThere});
  CHECK(house.domains.List(house.jane.id)->size() == 2);
}

TEST_CASE("without a record template a domain is enabled at once, unless somebody holds it") {
  DomainHouse house(DomainHouse::WithoutRecords());
  const core::SenderDomain first = house.Add("example.com");
  CHECK(first.records.empty());
  CHECK(first.status == DomainStatus::kEnabled);
  const core::SenderDomain second = house.AddFor(house.mallory, "example.com");
  CHECK(second.status == DomainStatus::kApprovalPending);
  CHECK(house.Stored(second).status == DomainStatus::kApprovalPending);
}

TEST_CASE("somebody else's domain is not there") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  const int64_t mallory = house.mallory.id;
  CHECK(house.domains.Find(mallory, domain.id).error().kind == ErrorKind::kNotFound);
  CHECK(house.domains.Update(mallory, domain.id, {}).error().kind == ErrorKind::kNotFound);
  CHECK(house.domains.Delete(mallory, domain.id).error().kind == ErrorKind::kNotFound);
  CHECK(house.verify.Verify(mallory, domain.id).error().kind == ErrorKind::kNotFound);
  CHECK(house.domains.List(mallory)->empty());
  CHECK(house.Stored(domain).last_checked_at == domain.created_at);
}

TEST_CASE("settings that are not hosts change alone") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.Publish(domain.records);
  house.Verify(domain);
  DomainSettings settings;
  settings.link_tracking = false;
  settings.unsubscribe_link = true;
  settings.hosting_provider = "Example DNS";
  const auto updated = house.domains.Update(house.jane.id, domain.id, settings);
  REQUIRE(updated);
  CHECK_FALSE(updated->hosts_changed);
  const core::SenderDomain stored = house.Stored(domain);
  CHECK_FALSE(stored.link_tracking);
  CHECK(stored.open_tracking);
  CHECK(stored.unsubscribe_link);
  CHECK(stored.hosting_provider == "Example DNS");
  CHECK(stored.status == DomainStatus::kEnabled);
  CHECK(stored.records[0].status == core::RecordStatus::kPass);
}

TEST_CASE("new hosts mean new records and a new approval, with the same key") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  house.dns.Publish(domain.records);
  REQUIRE(house.Verify(domain).status == DomainStatus::kEnabled);
  DomainSettings settings;
  settings.hosts = {"Outbound", "links", ".", {}};
  const auto updated = house.domains.Update(house.jane.id, domain.id, settings);
  REQUIRE(updated);
  CHECK(updated->hosts_changed);
  const core::SenderDomain stored = house.Stored(domain);
  CHECK(stored.custom_subdomain == "outbound");
  CHECK(stored.status == DomainStatus::kApprovalPending);
  CHECK(stored.mfrom_host == "outbound.example.com");
  CHECK(stored.tracking_host == "links.outbound.example.com");
  CHECK(stored.dkim_keys == domain.dkim_keys);
  REQUIRE(stored.records.size() == 5);
  CHECK(stored.records[0].host == "outbound.example.com");
  CHECK(stored.records[1].value == domain.records[1].value);
  for (const auto& record : stored.records) CHECK(record.status == core::RecordStatus::kUnchecked);
}

TEST_CASE("the same hosts again change nothing, an empty text is the default again") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com", {"outbound", {}, {}, {}});
  const auto update = [&](const HostSettings& hosts) {
    DomainSettings settings;
    settings.hosts = hosts;
    const auto updated = house.domains.Update(house.jane.id, domain.id, settings);
    REQUIRE(updated);
    return updated->hosts_changed;
  };
  CHECK_FALSE(update({}));
  CHECK_FALSE(update({"outbound", "track", "-", false}));
  CHECK(update({"", {}, {}, {}}));
  CHECK(house.Stored(domain).mfrom_host == "sl.example.com");
  CHECK_FALSE(house.Stored(domain).custom_subdomain);
  CHECK_FALSE(update({"", "", "", {}}));
  CHECK(update({{}, {}, {}, true}));
  CHECK(house.Stored(domain).records.size() == 4);
  CHECK_FALSE(update({{}, {}, {}, true}));
  CHECK(update({{}, {}, {}, false}));
}

TEST_CASE("refused hosts change nothing at all") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  for (const HostSettings& hosts :
       {HostSettings{"a.b", {}, {}, {}},
        HostSettings{std::string(32, 's'), std::string(32, 't'), {}, {}}}) {
    DomainSettings settings;
    settings.link_tracking = false;
    settings.hosts = hosts;
    const auto updated = house.domains.Update(house.jane.id, domain.id, settings);
    REQUIRE_FALSE(updated);
    CHECK(updated.error().kind == ErrorKind::kInvalidArgument);
    CHECK(house.Stored(domain).link_tracking);
    CHECK(house.Stored(domain).mfrom_host == "sl.example.com");
  }
}

TEST_CASE("changing hosts does not lift a suspension") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  REQUIRE(house.store->Write(
      [&](store::Transaction& tx) { return SetStatus(tx, domain.id, DomainStatus::kSuspended); }));
  DomainSettings settings;
  settings.hosts.subdomain = "outbound";
  REQUIRE(house.domains.Update(house.jane.id, domain.id, settings));
  CHECK(house.Stored(domain).status == DomainStatus::kSuspended);
}

TEST_CASE("a deleted domain takes its keys along and frees its name") {
  DomainHouse house;
  const core::SenderDomain domain = house.Add("example.com");
  const std::string digest = auth::Sha256("eg_live_x");
  REQUIRE(house.store->Write([&](store::Transaction& tx) {
    store::SenderKey key;
    key.domain_id = domain.id;
    key.digest = digest;
    store::SenderKeyStore(tx).Insert(key);
  }));
  REQUIRE(house.domains.Delete(house.jane.id, domain.id));
  CHECK_FALSE(house.domains.Find(house.jane.id, domain.id));
  const auto grant = house.store->Read(
      [&](store::Connection& c) { return store::SenderKeyStore(c).FindByDigest(digest); });
  REQUIRE(grant);
  CHECK_FALSE(*grant);
  CHECK(house.Add("example.com").id != domain.id);
}

TEST_CASE("clearing a queue drops what is queued by then, with an event for each recipient") {
  DomainHouse house(DomainHouse::WithoutRecords());
  const core::SenderDomain domain = house.Add("example.com"), other = house.Add("example.net");
  const auto queue = [&](const core::SenderDomain& sender, int recipients) {
    core::Message message;
    message.id = NewUuidV7(house.clock);
    message.user_id = sender.user_id;
    message.domain_id = sender.id;
    std::vector<store::NewRecipient> to;
    for (int i = 0; i < recipients; ++i) {
      to.push_back({"r" + std::to_string(i) + "@example.org", "example.org"});
    }
    REQUIRE(house.store->Write(
        [&](store::Transaction& tx) { store::MessageStore(tx).Insert(message, "x", to); }));
    return message.id;
  };
  queue(domain, 450);  // more than go into one commit
  const Uuid leased = queue(domain, 1);
  queue(other, 2);
  REQUIRE(house.store->Write([&](store::Transaction& tx) {
    store::QueueStore(tx).Claim(1000, house.clock.Now(), {1, house.clock.Now() + 60'000});
  }));
  CHECK(house.domains.ClearQueue(house.mallory.id, domain.id).error().kind == ErrorKind::kNotFound);
  CHECK(*house.domains.ClearQueue(house.jane.id, domain.id) == 451);
  CHECK(*house.domains.ClearQueue(house.jane.id, domain.id) == 0);
  Sweeper(*house.store, house.clock).RunDue();
  REQUIRE(house.store->Read([&](store::Connection& c) {
    CHECK(store::QueueStore(c).CountByDomain(domain.id) == 0);
    CHECK(store::QueueStore(c).CountByDomain(other.id) == 2);
    CHECK_FALSE(store::QueueStore(c).HasRecipients(leased));
    store::EventFilter filter;
    filter.domain_id = domain.id;
    filter.type = core::EventType::kRejected;
    const auto page = store::EventStore(c).List(filter, 0, 1);
    CHECK(page.total == 451);
    CHECK(page.events.at(0).reason == "queue cleared");
    filter.message_id = leased;
    CHECK(store::EventStore(c).List(filter, 0, 10).events.at(0).recipient == "r0@example.org");
  }));
  REQUIRE(house.store->Write([&](store::Transaction& tx) {
    CHECK(store::MessageStore(tx).PurgeContents(house.clock.Now() + 1, 100) == 2);
  }));
}

}  // namespace egd::service
