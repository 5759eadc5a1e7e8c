#include "daemon/core/dkim_rotation.h"

#include <catch2/catch.hpp>

#include "daemon/core/domain_rules.h"

namespace egd::core {
namespace {

constexpr auto kRsa = DkimAlgorithm::kRsaSha256;
constexpr auto kEd25519 = DkimAlgorithm::kEd25519Sha256;
constexpr auto kPending = DkimKeyState::kPending;
constexpr auto kActive = DkimKeyState::kActive;
constexpr auto kRetiring = DkimKeyState::kRetiring;
constexpr UnixMillis kNow = 1'700'000'000'000;  // 2023-11-14
constexpr UnixMillis kGrace = 7 * kDayMillis;
constexpr UnixMillis kMinute = 60'000;

DkimKey Key(const std::string& selector, DkimAlgorithm algorithm, DkimKeyState state) {
  return {selector, algorithm, state, "sealed", "p-" + selector, 1, 0};
}

// With a record for each key, and one that belongs to none.
SenderDomain DomainWith(const std::vector<DkimKey>& keys) {
  SenderDomain domain;
  domain.name = "example.com";
  domain.status = DomainStatus::kEnabled;
  domain.dkim_keys = keys;
  DeriveHosts(domain, {});
  domain.records = RecordsToPublish(domain, config::DefaultDnsRecords(), {});
  for (DnsRecord& record : domain.records) record.status = RecordStatus::kPass;
  return domain;
}

// "eg202311 active, …"
std::string States(const SenderDomain& domain) {
  std::string states;
  for (const DkimKey& key : domain.dkim_keys) {
    states += (states.empty() ? "" : ", ") + key.selector + " " + std::string(Name(key.state));
  }
  return states;
}

void Judge(SenderDomain& domain, const std::string& selector, RecordStatus status) {
  for (DnsRecord& record : domain.records) {
    if (record.selector == selector) record.status = status;
  }
}

std::vector<std::string> Hosts(const SenderDomain& domain) {
  std::vector<std::string> hosts;
  for (const DnsRecord& record : domain.records) {
    if (!record.selector.empty()) hosts.push_back(record.host);
  }
  return hosts;
}

}  // namespace

TEST_CASE("A selector tells the month and is never one that was used in it") {
  SenderDomain domain;
  CHECK(NextDkimKey(domain, kRsa, kNow).selector == "eg202311");
  CHECK(NextDkimKey(domain, kEd25519, kNow).selector == "ed202311");
  domain.dkim_keys = {Key("eg202310", kRsa, kActive), Key("eg202311", kRsa, kRetiring)};
  CHECK(NextDkimKey(domain, kRsa, kNow).selector == "eg202311-2");
  domain.dkim_keys = {Key("eg202311-9", kRsa, kActive)};
  CHECK(NextDkimKey(domain, kRsa, kNow).selector == "eg202311-10");
  domain.dkim_keys = {Key("eg202311-x", kRsa, kActive), Key("eg2023112", kRsa, kRetiring)};
  CHECK(NextDkimKey(domain, kRsa, kNow).selector == "eg202311");
  CHECK(NextDkimKey(domain, kRsa, kNow).state == kPending);
}

TEST_CASE("A pending key takes over when its record is seen, and not before") {
  SenderDomain domain =
      DomainWith({Key("eg202310", kRsa, kActive), Key("eg202311", kRsa, kPending)});
  for (const auto status :
       {RecordStatus::kUnchecked, RecordStatus::kFail, RecordStatus::kTempError}) {
    Judge(domain, "eg202311", status);
    CHECK_FALSE(AdvanceDkimKeys(domain, kNow, kGrace));
    CHECK(States(domain) == "eg202310 active, eg202311 pending");
    CHECK(MainDkimKey(domain)->selector == "eg202310");
  }
  Judge(domain, "eg202311", RecordStatus::kPass);
  CHECK(AdvanceDkimKeys(domain, kNow, kGrace));
  CHECK(States(domain) == "eg202310 retiring, eg202311 active");
  CHECK(MainDkimKey(domain)->selector == "eg202311");
  CHECK(domain.dkim_keys[0].since == kNow);
  CHECK(domain.dkim_keys[0].due_at == kNow + kGrace);
  CHECK(domain.dkim_keys[1].since == kNow);
  CHECK_FALSE(AdvanceDkimKeys(domain, kNow, kGrace));
}

TEST_CASE("A retired key and its record stay for the grace period") {
  SenderDomain domain =
      DomainWith({Key("eg202310", kRsa, kActive), Key("eg202311", kRsa, kPending)});
  REQUIRE(AdvanceDkimKeys(domain, kNow, kGrace));
  Judge(domain, "eg202310", RecordStatus::kFail);
  CHECK_FALSE(AdvanceDkimKeys(domain, kNow + kGrace - 1, kGrace));
  CHECK(Hosts(domain).size() == 2);
  CHECK(AdvanceDkimKeys(domain, kNow + kGrace, kGrace));
  CHECK(States(domain) == "eg202311 active");
  CHECK(Hosts(domain) == std::vector<std::string>{"eg202311._domainkey.example.com"});
  CHECK(domain.records.size() == 5);
}

TEST_CASE("All records of a key have to be there") {
  SenderDomain domain =
      DomainWith({Key("eg202310", kRsa, kActive), Key("eg202311", kRsa, kPending)});
  domain.records.push_back(domain.records.back());
  domain.records.back().status = RecordStatus::kFail;
  CHECK_FALSE(AdvanceDkimKeys(domain, kNow, kGrace));
  std::erase_if(domain.records, [](const DnsRecord& r) { return r.selector == "eg202311"; });
  CHECK_FALSE(AdvanceDkimKeys(domain, kNow, kGrace));  // and there have to be any
}

TEST_CASE("Each algorithm takes over by itself, and RSA signs first") {
  SenderDomain domain =
      DomainWith({Key("ed202310", kEd25519, kActive), Key("eg202310", kRsa, kActive),
                  Key("eg202311", kRsa, kPending), Key("ed202311", kEd25519, kPending)});
  Judge(domain, "eg202311", RecordStatus::kUnchecked);
  CHECK(AdvanceDkimKeys(domain, kNow, kGrace));
  CHECK(States(domain) == "ed202310 retiring, eg202310 active, eg202311 pending, ed202311 active");
  const auto active = ActiveDkimKeys(domain);
  REQUIRE(active.size() == 2);
  CHECK(active[0].selector == "eg202310");
  CHECK(active[1].selector == "ed202311");
}

TEST_CASE("An ed25519 key whose record vanished waits for it again, an RSA key signs on") {
  SenderDomain domain =
      DomainWith({Key("eg202311", kRsa, kActive), Key("ed202311", kEd25519, kActive)});
  Judge(domain, "eg202311", RecordStatus::kFail);
  Judge(domain, "ed202311", RecordStatus::kTempError);
  CHECK_FALSE(AdvanceDkimKeys(domain, kNow, kGrace));
  Judge(domain, "ed202311", RecordStatus::kFail);
  CHECK(AdvanceDkimKeys(domain, kNow, kGrace));
  CHECK(States(domain) == "eg202311 active, ed202311 pending");
  CHECK(domain.dkim_keys[1].due_at == kNow);
  Judge(domain, "ed202311", RecordStatus::kPass);
  CHECK(AdvanceDkimKeys(domain, kNow, kGrace));
  CHECK(States(domain) == "eg202311 active, ed202311 active");
}

TEST_CASE("An algorithm that is withdrawn signs no more; what never signed is gone at once") {
  SenderDomain domain =
      DomainWith({Key("eg202311", kRsa, kActive), Key("ed202310", kEd25519, kActive),
                  Key("ed202311", kEd25519, kPending)});
  WithdrawDkimKeys(domain, kEd25519, kNow, kGrace);
  CHECK(States(domain) == "eg202311 active, ed202310 retiring");
  CHECK(Hosts(domain) == std::vector<std::string>{"eg202311._domainkey.example.com",
                                                  "ed202310._domainkey.example.com"});
}

TEST_CASE("Only the main key's record is required, and only required records demote") {
  SenderDomain domain =
      DomainWith({Key("eg202309", kRsa, kRetiring), Key("eg202310", kRsa, kActive),
                  Key("eg202311", kRsa, kPending), Key("ed202311", kEd25519, kActive)});
  for (const DnsRecord& record : domain.records) {
    CHECK(IsRequired(domain, record) == (record.selector.empty() || record.selector == "eg202310"));
  }
  for (const char* selector : {"eg202309", "eg202311", "ed202311"}) {
    Judge(domain, selector, RecordStatus::kFail);
  }
  for (int i = 0; i < 5; ++i) ApplyRound(domain, kNow);
  CHECK(domain.status == DomainStatus::kEnabled);
  CHECK(domain.consecutive_failures == 0);
  domain.status = DomainStatus::kApprovalPending;
  ApplyRound(domain, kNow);
  CHECK(domain.status == DomainStatus::kEnabled);
  Judge(domain, "eg202310", RecordStatus::kFail);
  for (int i = 0; i < kFailuresToDemote; ++i) ApplyRound(domain, kNow);
  CHECK(domain.status == DomainStatus::kApprovalPending);
}

TEST_CASE("A pending key is looked for each tick, then each quarter of an hour, then daily") {
  DkimKey key = Key("eg202311", kRsa, kPending);
  key.since = kNow;
  const auto wait = [&](UnixMillis age) { return NextLook(key, kNow + age) - (kNow + age); };
  CHECK(wait(0) < kMinute);
  CHECK(wait(60 * kMinute - 1) < kMinute);
  CHECK(wait(60 * kMinute) == 15 * kMinute);
  CHECK(wait(3 * kDayMillis - 1) == 15 * kMinute);
  CHECK(wait(3 * kDayMillis) == kDayMillis);
}

}  // namespace egd::core
