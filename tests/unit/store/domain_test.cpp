#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/idempotency_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/sender_key_store.h"
#include "daemon/store/sweep_store.h"
#include "tests/unit/domain_status.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

core::DnsRecord MakeRecord(const std::string& purpose, const std::string& value) {
  core::DnsRecord record;
  record.purpose = purpose;
  record.host = "sl.example.com";
  record.type = "TXT";
  record.value = value;
  return record;
}

core::User AddUser(Transaction& tx, const std::string& name) {
  core::User user = MakeUser(name);
  REQUIRE(UserStore(tx).Insert(user) == UserSaved::kSaved);
  return user;
}

TEST_CASE("domains: every field and record comes back, also after an update") {
  Fixture f;
  core::SenderDomain domain = MakeDomain(f.user.id, "full.example");
  domain.records = {MakeRecord("SPF", "v=spf1"), MakeRecord("DMARC", "v=DMARC1")};
  f.Write([&](Transaction& tx) { REQUIRE(DomainStore(tx).Insert(domain) == DomainSaved::kSaved); });
  domain.status = core::DomainStatus::kEnabled;
  domain.link_tracking = false;
  domain.open_tracking = false;
  domain.unsubscribe_link = true;
  domain.hosting_provider = "host";
  domain.custom_subdomain = "mail";
  domain.custom_track_prefix = "";
  domain.track_prefix_disabled = true;
  domain.mfrom_host = "mail.full.example";
  domain.tracking_host = "t.full.example";
  domain.dkim_keys = {
      {"s1", core::DkimAlgorithm::kRsaSha256, core::DkimKeyState::kRetiring,
       std::string("\1\0\2", 3), "MIIB", 5, 6},
      {"s2", core::DkimAlgorithm::kEd25519Sha256, core::DkimKeyState::kPending, "x", "ed", 7, 8}};
  domain.records.back().selector = "s2";
  domain.signing_key = std::string("\0\0", 2);
  domain.consecutive_failures = 2;
  domain.last_checked_at = 77;
  f.Write([&](Transaction& tx) {
    CHECK(DomainStore(tx).Update(domain) == DomainSaved::kSaved);
    DomainStore(tx).ReplaceKeys(domain);
  });
  const auto found = f.Read([&](Connection& c) { return DomainStore(c).Find(domain.id); });
  REQUIRE(found);
  CHECK(found->user_id == f.user.id);
  CHECK(found->name == "full.example");
  CHECK(found->status == core::DomainStatus::kEnabled);
  CHECK_FALSE(found->link_tracking);
  CHECK_FALSE(found->open_tracking);
  CHECK(found->unsubscribe_link);
  CHECK(found->hosting_provider == "host");
  CHECK(found->custom_subdomain == "mail");
  CHECK(found->custom_track_prefix == "");
  CHECK_FALSE(found->custom_track_merge);
  CHECK(found->track_prefix_disabled);
  CHECK(found->mfrom_host == domain.mfrom_host);
  CHECK(found->tracking_host == domain.tracking_host);
  CHECK(found->dkim_keys == domain.dkim_keys);
  CHECK(found->signing_key == domain.signing_key);
  CHECK(found->consecutive_failures == 2);
  CHECK(found->created_at == 2000);
  CHECK(found->last_checked_at == 77);
  REQUIRE(found->records.size() == 2);
  CHECK(found->records[0].purpose == "SPF");
  CHECK(found->records[1].value == "v=DMARC1");
  CHECK(found->records[1].selector == "s2");
  CHECK(found->records[1].status == core::RecordStatus::kUnchecked);
}

TEST_CASE("domains: unique per user, listed by user") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    DomainStore domains(tx);
    core::SenderDomain again = MakeDomain(f.user.id);
    CHECK(domains.Insert(again) == DomainSaved::kAlreadyThere);
    const core::User bob = AddUser(tx, "bob");
    core::SenderDomain his = MakeDomain(bob.id);
    CHECK(domains.Insert(his) == DomainSaved::kSaved);
    core::SenderDomain second = MakeDomain(f.user.id, "second.example");
    CHECK(domains.Insert(second) == DomainSaved::kSaved);
    CHECK(domains.CountByUser(f.user.id) == 2);
    const auto mine = domains.ListByUser(f.user.id);
    REQUIRE(mine.size() == 2);
    CHECK(mine[0].id == f.domain.id);
    CHECK(mine[1].name == "second.example");
    CHECK(domains.FindByName(bob.id, "example.com")->id == his.id);
    CHECK_FALSE(domains.FindByName(bob.id, "second.example"));
  });
}

TEST_CASE("domains: one user alone may hold a name Enabled") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    DomainStore domains(tx);
    const core::User bob = AddUser(tx, "bob");
    core::SenderDomain his = MakeDomain(bob.id);
    REQUIRE(domains.Insert(his) == DomainSaved::kSaved);
    CHECK(SetStatus(tx, f.domain.id, core::DomainStatus::kEnabled) == DomainSaved::kSaved);
    CHECK(SetStatus(tx, f.domain.id, core::DomainStatus::kEnabled) == DomainSaved::kSaved);
    CHECK(SetStatus(tx, his.id, core::DomainStatus::kEnabled) == DomainSaved::kEnabledElsewhere);
    his.status = core::DomainStatus::kEnabled;
    CHECK(domains.Update(his) == DomainSaved::kEnabledElsewhere);
    core::SenderDomain third = MakeDomain(AddUser(tx, "carl").id);
    third.status = core::DomainStatus::kEnabled;
    CHECK(domains.Insert(third) == DomainSaved::kEnabledElsewhere);
    CHECK(SetStatus(tx, f.domain.id, core::DomainStatus::kSuspended) == DomainSaved::kSaved);
    CHECK(domains.Update(his) == DomainSaved::kSaved);
    CHECK(SetStatus(tx, 999, core::DomainStatus::kEnabled) == DomainSaved::kMissing);
    his.id = 999;
    his.status = core::DomainStatus::kDisabled;
    CHECK(domains.Update(his) == DomainSaved::kMissing);
  });
}

TEST_CASE("domains: verdicts land on the records they were made for") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    DomainStore domains(tx);
    domains.ReplaceRecords(f.domain.id, {MakeRecord("SPF", "old"), MakeRecord("DMARC", "kept")});
    std::vector<core::DnsRecord> checked = domains.Find(f.domain.id)->records;
    for (core::DnsRecord& record : checked) {
      record.status = core::RecordStatus::kTempError;
      record.found = "found";
      record.error = "error";
      record.last_checked_at = 5;
    }
    // Meanwhile the records are regenerated.
    domains.ReplaceRecords(f.domain.id, {MakeRecord("SPF", "new"), MakeRecord("DMARC", "kept")});
    CHECK(domains.UpdateVerdicts(f.domain.id, checked) == 1);
    const auto records = domains.Find(f.domain.id)->records;
    REQUIRE(records.size() == 2);
    CHECK(records[0].status == core::RecordStatus::kUnchecked);
    CHECK(records[1].status == core::RecordStatus::kTempError);
    CHECK(records[1].found == "found");
    CHECK(records[1].error == "error");
    CHECK(records[1].last_checked_at == 5);
  });
}

TEST_CASE("domains: due for a check are the enabled and pending ones, longest ago first") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    DomainStore domains(tx);
    const auto add = [&](const std::string& name, core::DomainStatus status, UnixMillis checked) {
      core::SenderDomain domain = MakeDomain(f.user.id, name);
      domain.status = status;
      domain.last_checked_at = checked;
      REQUIRE(domains.Insert(domain) == DomainSaved::kSaved);
    };
    add("late.example", core::DomainStatus::kEnabled, 90);
    add("early.example", core::DomainStatus::kEnabled, 10);
    add("fresh.example", core::DomainStatus::kEnabled, 100);
    add("disabled.example", core::DomainStatus::kDisabled, 10);
    add("suspended.example", core::DomainStatus::kSuspended, 10);
    std::vector<std::string> names;
    for (const auto& domain : domains.ListDueForCheck(100, 10)) names.push_back(domain.name);
    CHECK(names == std::vector<std::string>{"example.com", "early.example", "late.example"});
    CHECK(domains.ListDueForCheck(100, 2).size() == 2);
  });
}

TEST_CASE("domains: in trouble are those that cannot send, and those complained of by 0.1 %") {
  Fixture f;
  constexpr int64_t kFirstDay = 100;
  const core::Message message = MakeMessage(f.domain);
  const auto record = [&](core::EventType type, int64_t day, int count) {
    f.Write([&](Transaction& tx) {
      for (int i = 0; i < count; ++i) {
        core::Event event;
        event.message_id = message.id;
        event.type = type;
        event.at = day * kDayMillis;
        events::Record(tx, event);
      }
    });
  };
  const auto troubled = [&] {
    return f.Read([&](Connection& c) { return DomainStore(c).ListTroubled(kFirstDay, 10); });
  };
  f.Write([&](Transaction& tx) { MessageStore(tx).Insert(message, "content", {}); });
  CHECK(troubled().size() == 1);  // never verified
  f.Write([&](Transaction& tx) { SetStatus(tx, f.domain.id, core::DomainStatus::kEnabled); });
  record(core::EventType::kComplaint, kFirstDay - 1, 5);
  CHECK(troubled().empty());
  record(core::EventType::kDelivery, kFirstDay, 1001);
  record(core::EventType::kComplaint, kFirstDay + 1, 1);
  CHECK(troubled().empty());
  record(core::EventType::kComplaint, kFirstDay + 2, 1);
  const auto now = troubled();
  REQUIRE(now.size() == 1);
  CHECK(now[0].id == f.domain.id);
  CHECK(now[0].complaints == 2);
  CHECK(now[0].delivered == 1001);
}

TEST_CASE("domains: deleting one takes keys and queue along, events stay") {
  Fixture f;
  const core::Message message = MakeMessage(f.domain);
  f.Write([&](Transaction& tx) {
    DomainStore(tx).ReplaceRecords(f.domain.id, {MakeRecord("SPF", "x")});
    SenderKey key{0, f.domain.id, "k", "sealed", "", 1};
    SenderKeyStore(tx).Insert(key);
    MessageStore(tx).Insert(message, "content", {{"bob@example.net", "example.net"}});
    core::Event event;
    event.message_id = message.id;
    events::Record(tx, event);
    CHECK(DomainStore(tx).Delete(f.domain.id));
    CHECK_FALSE(DomainStore(tx).Delete(f.domain.id));
  });
  f.Write([&](Transaction& tx) {
    CHECK_FALSE(DomainStore(tx).Find(f.domain.id));
    CHECK_FALSE(SenderKeyStore(tx).FindByDigest("k"));
    CHECK(QueueStore(tx).Count() == 0);
    const auto sweep = SweepStore(tx).Next();
    REQUIRE(sweep);
    CHECK(sweep->kind == SweepKind::kDroppedQueue);
    CHECK(QueueStore(tx).DropClosed(sweep->id, 10, 50).size() == 1);
    CHECK(EventStore(tx).List({.domain_id = f.domain.id}, 0, 10).total == 1);
    CHECK(MessageStore(tx).PurgeContents(51, 10) == 1);
    core::SenderDomain next = MakeDomain(f.user.id);
    CHECK(DomainStore(tx).Insert(next) == DomainSaved::kSaved);
    CHECK(next.id > f.domain.id);
  });
}

TEST_CASE("sender keys: one look-up tells what a send needs") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    SenderKeyStore keys(tx);
    SenderKey key{0, f.domain.id, std::string("\0d", 2), "sealed", "ci", 9};
    keys.Insert(key);
    f.user.monthly_send_limit = 7;
    f.user.send_rate_per_minute = 8;
    f.user.trusted = false;
    UserStore(tx).Update(f.user);
    SetStatus(tx, f.domain.id, core::DomainStatus::kEnabled);
    const auto grant = keys.FindByDigest(key.digest);
    REQUIRE(grant);
    CHECK(grant->key_id == key.id);
    CHECK(grant->domain_id == f.domain.id);
    CHECK(grant->domain_name == "example.com");
    CHECK(grant->domain_status == core::DomainStatus::kEnabled);
    CHECK(grant->user_id == f.user.id);
    CHECK(grant->user_enabled);
    CHECK(grant->user_verified);
    CHECK_FALSE(grant->user_trusted);
    CHECK(grant->monthly_send_limit == 7);
    CHECK(grant->send_rate_per_minute == 8);
    CHECK(grant->permissions == f.user.permissions);
    CHECK_FALSE(keys.FindByDigest("absent"));
  });
}

TEST_CASE("sender keys: listed, deleted within their domain, replaced all at once") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    SenderKeyStore keys(tx);
    SenderKey first{0, f.domain.id, "1", "s1", "one", 1};
    SenderKey second{0, f.domain.id, "2", "s2", "two", 2};
    keys.Insert(first);
    keys.Insert(second);
    const auto listed = keys.List(f.domain.id);
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].sealed == "s1");
    CHECK(listed[1].description == "two");
    CHECK(keys.Find(second.id)->digest == "2");
    CHECK_FALSE(keys.Delete(f.domain.id + 1, first.id));
    CHECK(keys.Delete(f.domain.id, first.id));
    SenderKey third{0, f.domain.id, "3", "s3", "three", 3};
    keys.ReplaceAll(third);
    CHECK_FALSE(keys.FindByDigest("2"));
    CHECK(keys.FindByDigest("3")->key_id == third.id);
    CHECK(third.id > second.id);
  });
}

}  // namespace
}  // namespace egd::store
