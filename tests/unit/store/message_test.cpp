#include <algorithm>

#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/idempotency_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/usage_store.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

// Only then its mail is claimed.
void EnableDomain(Fixture& f, Transaction& tx) {
  f.domain.status = core::DomainStatus::kEnabled;
  REQUIRE(DomainStore(tx).Update(f.domain) == DomainSaved::kSaved);
}

TEST_CASE("messages: every field and any content comes back") {
  Fixture f;
  core::Message message = MakeMessage(f.domain);
  message.tags = {"a", "b c"};
  message.journey_id = 3;
  message.action_id = 4;
  message.content_kind = core::ContentKind::kRaw;
  message.smtputf8 = true;
  message.send_at = 12'000;
  std::string content;
  for (int i = 0; i < 100'000; ++i) content.push_back(static_cast<char>(i * 7));
  f.Write([&](Transaction& tx) {
    EnableDomain(f, tx);
    MessageStore(tx).Insert(message, content, {{"bob@example.net", "example.net"}});
  });
  f.Read([&](Connection& c) {
    const auto found = MessageStore(c).Find(message.id);
    REQUIRE(found);
    CHECK(found->id == message.id);
    CHECK(found->user_id == f.user.id);
    CHECK(found->domain_id == f.domain.id);
    CHECK(found->from_header == message.from_header);
    CHECK(found->to_header == message.to_header);
    CHECK(found->subject == message.subject);
    CHECK(found->tags == message.tags);
    CHECK(found->journey_id == 3);
    CHECK(found->action_id == 4);
    CHECK(found->content_kind == core::ContentKind::kRaw);
    CHECK(found->smtputf8);
    CHECK(found->accepted_at == message.accepted_at);
    CHECK(found->send_at == 12'000);
    CHECK(found->expires_at == message.expires_at);
    CHECK((MessageStore(c).FindContent(message.id) == content));
    CHECK_FALSE(MessageStore(c).Find(MakeMessage(f.domain, 2).id));
    CHECK_FALSE(MessageStore(c).FindContent(MakeMessage(f.domain, 2).id));
    CHECK(QueueStore(c).NextDue() == 12'000);
  });
}

TEST_CASE("messages: the same ID twice, or an unknown domain, changes nothing") {
  Fixture f;
  const auto insert = [&](const core::Message& message) {
    return f.store->Write([&](Transaction& tx) {
      MessageStore(tx).Insert(message, "x", {{"bob@example.net", "example.net"}});
    });
  };
  const core::Message message = MakeMessage(f.domain);
  REQUIRE(insert(message));
  CHECK_FALSE(insert(message));
  core::Message foreign = MakeMessage(f.domain, 2);
  foreign.domain_id = 999;
  CHECK_FALSE(insert(foreign));
  f.Read([&](Connection& c) {
    CHECK(QueueStore(c).Count() == 1);
    CHECK_FALSE(MessageStore(c).Find(foreign.id));
  });
}

TEST_CASE("messages: one without recipients keeps no content and queues nothing") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    MessageStore(tx).Insert(MakeMessage(f.domain), "content", {});
    CHECK(MessageStore(tx).Find(MakeMessage(f.domain).id));
    CHECK_FALSE(MessageStore(tx).FindContent(MakeMessage(f.domain).id));
    CHECK(QueueStore(tx).NextDue() == 0);
  });
}

TEST_CASE("messages: content goes when its time after the last recipient is over") {
  Fixture f;
  const core::Message message = MakeMessage(f.domain);
  f.Write([&](Transaction& tx) {
    MessageStore messages(tx);
    QueueStore queue(tx);
    EnableDomain(f, tx);
    messages.Insert(message, "x",
                    {{"a@example.net", "example.net"}, {"b@example.net", "example.net"}});
    const auto due = queue.Claim(10, 10'000, {kOwner, 20'000});
    REQUIRE(due.size() == 2);
    core::DeliveryOutcome outcome;
    outcome.disposition = core::Disposition::kDelivered;
    outcome.recipient_id = due[0].id;
    outcome.at = 100;
    queue.Settle(outcome);
    CHECK(messages.PurgeContents(1000, 10) == 0);
    outcome.recipient_id = due[1].id;
    outcome.disposition = core::Disposition::kBounced;
    outcome.at = 200;
    queue.Settle(outcome);
    CHECK(messages.PurgeContents(200, 10) == 0);
    CHECK(messages.FindContent(message.id));
    CHECK(messages.PurgeContents(201, 10) == 1);
    CHECK_FALSE(messages.FindContent(message.id));
    CHECK(messages.PurgeContents(201, 10) == 0);
  });
}

TEST_CASE("messages: a send to a list keeps its content until the list is done") {
  Fixture f;
  const core::Message message = MakeMessage(f.domain);
  f.Write([&](Transaction& tx) {
    MessageStore messages(tx);
    EnableDomain(f, tx);
    messages.Insert(message, "x", {{"a@example.net", "example.net"}});
    Execute(tx, "INSERT INTO lists (user_id, name, created_at) SELECT id, 'all', 1 FROM users");
    Execute(tx,
            "INSERT INTO list_sends (message, domain_id, list_id, last_subscriber_id) "
            "SELECT m.number, m.domain_id, l.id, 0 FROM messages m, lists l");
    core::DeliveryOutcome outcome;
    outcome.disposition = core::Disposition::kDelivered;
    outcome.recipient_id = QueueStore(tx).Claim(1, 10'000, {kOwner, 20'000}).at(0).id;
    outcome.at = 100;
    QueueStore(tx).Settle(outcome);
    CHECK(messages.PurgeContents(1000, 10) == 0);
    CHECK(messages.FindContent(message.id));
    Execute(tx, "DELETE FROM list_sends");
    CHECK(messages.PurgeContents(1000, 10) == 1);
    CHECK_FALSE(messages.FindContent(message.id));
  });
}

TEST_CASE("messages: they go last, after recipients, content and events, and in bounded steps") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    MessageStore messages(tx);
    const core::Message queued = MakeMessage(f.domain, 1, 1000);
    messages.Insert(queued, "x", {{"a@example.net", "example.net"}});
    const core::Message with_event = MakeMessage(f.domain, 2, 1000);
    messages.Insert(with_event, "", {});
    core::Event event;
    event.message_id = with_event.id;
    event.at = 1000;
    events::Record(tx, event);
    for (int n = 3; n <= 5; ++n) messages.Insert(MakeMessage(f.domain, n, 1000), "", {});
    const core::Message young = MakeMessage(f.domain, 6, 2000);
    messages.Insert(young, "", {});
    CHECK(messages.PurgeMessages(2000, 2) == 2);
    CHECK(messages.PurgeMessages(2000, 2) == 1);
    CHECK(messages.PurgeMessages(2000, 2) == 0);
    CHECK(messages.Find(queued.id));
    CHECK(messages.Find(with_event.id));
    CHECK(messages.Find(young.id));
    EventStore(tx).Purge(1001, kMuchLater, 10);
    CHECK(messages.PurgeMessages(2000, 2) == 1);
    CHECK_FALSE(messages.Find(with_event.id));
  });
}

TEST_CASE("idempotency: the first answer stays for its day") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    IdempotencyStore keys(tx);
    CHECK_FALSE(keys.FindOrInsert(f.domain.id, "k", {"digest", "first", 100}, 0));
    const auto known = keys.FindOrInsert(f.domain.id, "k", {"other", "second", 150}, 50);
    REQUIRE(known);
    CHECK(known->body_digest == "digest");
    CHECK(known->reply == "first");
    CHECK(known->created_at == 100);
    CHECK_FALSE(keys.Find(f.domain.id, "K", 0));  // any string, so case counts
    CHECK_FALSE(keys.Find(f.domain.id, "k", 101));
    CHECK_FALSE(keys.FindOrInsert(f.domain.id, "k", {"new", "third", 200}, 101));
    CHECK(keys.Find(f.domain.id, "k", 101)->reply == "third");
  });
}

TEST_CASE("idempotency: keys belong to a domain, and old ones are purged in bounded steps") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    core::SenderDomain other = MakeDomain(f.user.id, "other.example");
    REQUIRE(DomainStore(tx).Insert(other) == DomainSaved::kSaved);
    IdempotencyStore keys(tx);
    CHECK_FALSE(keys.FindOrInsert(f.domain.id, "k", {"d", "r", 1}, 0));
    CHECK_FALSE(keys.FindOrInsert(other.id, "k", {"d", "r", 2}, 0));
    CHECK_FALSE(keys.FindOrInsert(other.id, "l", {"d", "r", 3}, 0));
    CHECK(keys.Purge(3, 1) == 1);
    CHECK_FALSE(keys.Find(f.domain.id, "k", 0));
    CHECK(keys.Purge(3, 10) == 1);
    CHECK(keys.Purge(3, 10) == 0);
    CHECK(keys.Find(other.id, "l", 0));
  });
}

TEST_CASE("an idempotency key is not remembered when the job it belongs to fails") {
  Fixture f;
  const Result<void> failed = f.store->Write([&](Transaction& tx) -> Result<void> {
    IdempotencyStore(tx).FindOrInsert(f.domain.id, "k", {"d", "r", 1}, 0);
    return Unprocessable("no");
  });
  CHECK_FALSE(failed);
  CHECK_FALSE(f.Read([&](Connection& c) {
                 return IdempotencyStore(c).Find(f.domain.id, "k", 0);
               }).has_value());
}

TEST_CASE("suppressions: without case, per user, the first one stays") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    SuppressionStore suppressions(tx);
    CHECK(suppressions.Insert({f.user.id, "Bob@Example.NET", "bounce", "550", 1}));
    CHECK_FALSE(suppressions.Insert({f.user.id, "bob@example.net", "manual", "", 2}));
    CHECK(suppressions.Stops(f.user.id, "BOB@example.net", ""));
    CHECK_FALSE(suppressions.Stops(f.user.id, "x@example.net", ""));
    CHECK_FALSE(suppressions.Stops(f.user.id + 1, "bob@example.net", ""));
  });
}

TEST_CASE("suppressions: a scope stops the mail it names, and all stops everything") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    SuppressionStore suppressions(tx);
    const auto stopped = [&](const std::string& address) {
      std::string scopes;
      for (const std::string scope : {"", "bulk", "list:7", "list:8"}) {
        if (suppressions.Stops(f.user.id, address, scope)) scopes += "[" + scope + "]";
      }
      return scopes;
    };
    suppressions.Insert({f.user.id, "all@a.example", "complaint", "", 1});
    suppressions.Insert({f.user.id, "bulk@a.example", "unsubscribe", "", 1, "bulk"});
    suppressions.Insert({f.user.id, "list@a.example", "unsubscribe", "", 1, "list:7"});
    CHECK(stopped("all@a.example") == "[][bulk][list:7][list:8]");
    CHECK(stopped("bulk@a.example") == "[bulk][list:7][list:8]");
    CHECK(stopped("list@a.example") == "[list:7]");
    CHECK(suppressions.Insert({f.user.id, "list@a.example", "bounce", "", 2}));
    CHECK(stopped("list@a.example") == "[][bulk][list:7][list:8]");
    CHECK(suppressions.Delete(f.user.id, "list@a.example"));
    CHECK(stopped("list@a.example").empty());
  });
}

TEST_CASE("usage: recipients are counted by user and UTC month") {
  Fixture f;
  constexpr UnixMillis kLastOfOctober = 1'793'491'199'999;  // 2026-10-31 23:59:59.999
  f.Write([&](Transaction& tx) {
    UsageStore usage(tx);
    CHECK(usage.SentInMonth(f.user.id, kLastOfOctober) == 0);
    usage.AddSent(f.user.id, kLastOfOctober, 5);
    usage.AddSent(f.user.id, kLastOfOctober - 30 * kDayMillis, 2);
    usage.AddSent(f.user.id, kLastOfOctober + 1, 100);
    CHECK(usage.SentInMonth(f.user.id, kLastOfOctober) == 7);
    CHECK(usage.SentInMonth(f.user.id, kLastOfOctober + 1) == 100);
    CHECK(usage.SentInMonth(f.user.id + 1, kLastOfOctober) == 0);
  });
}

TEST_CASE("usage: the same month of another year is another month") {
  Fixture f;
  constexpr UnixMillis kNovember2026 = 1'793'491'200'000;  // 2026-11-01
  f.Write([&](Transaction& tx) {
    UsageStore usage(tx);
    usage.AddSent(f.user.id, kNovember2026 - 365 * kDayMillis, 5);
    CHECK(usage.SentInMonth(f.user.id, kNovember2026) == 0);
  });
}

}  // namespace
}  // namespace egd::store
