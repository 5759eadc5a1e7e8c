#include "daemon/service/sending/acceptance.h"

#include <atomic>
#include <set>
#include <thread>

#include "daemon/service/sending/draft_codec.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/usage_store.h"
#include "tests/unit/interleaving_clock.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::EventType;
using enum SendProblem;

int64_t Queued(Gateway& gateway) {
  return gateway.Read([](store::Connection& c) { return store::QueueStore(c).Count(); });
}

int64_t Sent(Gateway& gateway) {
  return gateway.Read([&](store::Connection& c) {
    return store::UsageStore(c).SentInMonth(gateway.user.id, gateway.clock.Now());
  });
}

core::Message Stored(Gateway& gateway, const Uuid& id) {
  return *gateway.Read([&](store::Connection& c) { return store::MessageStore(c).Find(id); });
}

core::Draft StoredDraft(Gateway& gateway, const Uuid& id) {
  const auto content =
      gateway.Read([&](store::Connection& c) { return store::MessageStore(c).FindContent(id); });
  REQUIRE(content);
  return *DecodeDraft(*content);
}

void Suppress(Gateway& gateway, const std::string& address) {
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({gateway.user.id, address, "manual", "", 1});
  }));
}

// Nothing of a refused message is left.
void CheckNothingHappened(Gateway& gateway) {
  CHECK(Queued(gateway) == 0);
  CHECK(gateway.Events().empty());
  CHECK(Sent(gateway) == 0);
  CHECK(gateway.wake_ups == 0);
}

}  // namespace

TEST_CASE("an accepted message is stored with recipients, events and usage") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.draft.to.push_back({"", "JANE@EXAMPLE.NET"});
  message.draft.to.push_back({"", "jane@EXAMPLE.net"});
  message.draft.cc = {{"", "jörg@example.org"}};
  message.draft.bcc = {{"", "bcc@example.org"}, {"", "jane@example.net"}};
  message.tags = {"welcome"};
  const AcceptedMessage accepted = gateway.Accept(message);
  CHECK(accepted.suppressed.empty());
  CHECK(accepted.id.bytes[6] >> 4 == 7);
  CHECK(gateway.wake_ups == 1);
  CHECK(Queued(gateway) == 3);  // whatever the case of the domain or the local part
  CHECK(Sent(gateway) == 3);

  std::set<std::string> recipients;
  for (const core::Event& event : gateway.Events()) {
    CHECK(event.type == EventType::kAccepted);
    CHECK(event.message_id == accepted.id);
    CHECK(event.at == gateway.clock.Now());
    CHECK(event.from == "Shop <shop@example.com>");
    CHECK(event.subject == "Hello");
    CHECK(event.tags == std::vector<std::string>{"welcome"});
    recipients.insert(event.recipient);
  }
  CHECK(recipients ==
        std::set<std::string>{"jane@example.net", "jörg@example.org", "bcc@example.org"});
  const core::Message stored = Stored(gateway, accepted.id);
  CHECK(stored.smtputf8);
  CHECK(stored.to_header.find("bcc@") == std::string::npos);
  CHECK(stored.expires_at == gateway.clock.Now() + 96 * 3'600'000);
  CHECK(StoredDraft(gateway, accepted.id).plain == "Hello Jane\n");
}

TEST_CASE("what the domain says holds where the message says nothing") {
  Gateway gateway;
  gateway.domain.link_tracking = true;
  gateway.domain.open_tracking = false;
  gateway.domain.unsubscribe_link = true;
  gateway.SaveDomain();
  NewMessage message = gateway.Message();
  message.unsubscribe_link.reset();
  core::Draft draft = StoredDraft(gateway, gateway.Accept(message).id);
  CHECK(draft.track_links);
  CHECK_FALSE(draft.track_opens);
  CHECK(draft.unsubscribe_link);
  message.track_links = false;
  message.track_opens = true;
  message.unsubscribe_link = false;
  draft = StoredDraft(gateway, gateway.Accept(message).id);
  CHECK_FALSE(draft.track_links);
  CHECK(draft.track_opens);
  CHECK_FALSE(draft.unsubscribe_link);
}

TEST_CASE("account and domain decide before anything else") {
  Gateway gateway;
  NewMessage bad = gateway.Message();
  bad.draft.to.clear();
  bad.domain_id = 4711;
  CHECK(gateway.Refusal(bad) == kDomainMissing);
  bad.domain_id = gateway.domain.id;
  for (const auto status : {core::DomainStatus::kApprovalPending, core::DomainStatus::kDisabled,
                            core::DomainStatus::kSuspended}) {
    gateway.domain.status = status;
    gateway.SaveDomain();
    CHECK(gateway.Refusal(bad) == kDomainNotEnabled);
  }
  gateway.user.verified = false;
  gateway.SaveUser();
  CHECK(gateway.Refusal(bad) == kUserNotVerified);
  gateway.user.enabled = false;
  gateway.SaveUser();
  CHECK(gateway.Refusal(bad) == kUserDisabled);
  CheckNothingHappened(gateway);
}

TEST_CASE("From is in the sender domain or below it") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  for (const std::string host : {"example.net", "notexample.com", "com", "example.com.evil.net"}) {
    message.draft.from.email = "a@" + host;
    INFO(host);
    CHECK((gateway.Refusal(message) == (host == "com" ? kFromInvalid : kFromOutsideDomain)));
  }
  CheckNothingHappened(gateway);
  message.draft.from.email = "a@News.Example.COM";
  gateway.Accept(message);
}

TEST_CASE("a refused draft leaves nothing behind") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.idempotency_key = "key";
  message.draft.to[0].email = "nobody";
  CHECK(gateway.Refusal(message) == kToInvalid);
  CheckNothingHappened(gateway);
  gateway.Accept([&] {
    NewMessage good = gateway.Message();
    good.idempotency_key = "key";
    return good;
  }());
}

TEST_CASE("a later time is waited for, up to 30 days") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  const UnixMillis now = gateway.clock.Now();
  message.send_at = now + 30 * kDayMillis;
  const core::Message stored = Stored(gateway, gateway.Accept(message).id);
  CHECK(stored.send_at == message.send_at);
  CHECK(stored.expires_at == message.send_at + 96 * 3'600'000);
  CHECK(gateway.ledger.NextDue() == message.send_at);
  message.send_at = now + 30 * kDayMillis + 1;
  CHECK(gateway.Refusal(message) == kSendAtTooLate);
  message.send_at = 253'402'300'799'000;
  CHECK(gateway.Refusal(message) == kSendAtTooLate);
  message.send_at = now - 1;
  CHECK(Stored(gateway, gateway.Accept(message).id).send_at == 0);
}

TEST_CASE("suppressed recipients are left out with an event each") {
  Gateway gateway;
  Suppress(gateway, "Jane@Example.net");
  NewMessage message = gateway.Message();
  message.draft.to.push_back({"", "joe@example.net"});
  const AcceptedMessage accepted = gateway.Accept(message);
  CHECK(accepted.suppressed == std::vector<std::string>{"jane@example.net"});
  CHECK(Queued(gateway) == 1);
  CHECK(Sent(gateway) == 1);
  const auto events = gateway.Events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == EventType::kRejected);
  CHECK(events[0].recipient == "jane@example.net");
  CHECK(events[0].reason == "suppressed");
  CHECK(events[1].type == EventType::kAccepted);
}

TEST_CASE("a message of which every recipient is suppressed is refused, and its events say why") {
  Gateway gateway;
  Suppress(gateway, "jane@example.net");
  CHECK(gateway.Refusal(gateway.Message()) == kAllSuppressed);
  CHECK(Queued(gateway) == 0);
  CHECK(Sent(gateway) == 0);
  const auto events = gateway.Events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == EventType::kRejected);
}

TEST_CASE("the month's limit is exact and starts again with the month") {
  Gateway gateway;
  gateway.user.monthly_send_limit = 3;
  gateway.SaveUser();
  NewMessage two = gateway.Message();
  two.draft.cc = {{"", "joe@example.net"}};
  gateway.Accept(two);
  CHECK(gateway.Refusal(two) == kMonthlyLimit);
  gateway.Accept(gateway.Message());
  CHECK(gateway.Refusal(gateway.Message()) == kMonthlyLimit);
  CHECK(Sent(gateway) == 3);
  CHECK(Queued(gateway) == 3);
  gateway.clock.Advance(std::chrono::hours(24 * 31));
  gateway.Accept(two);
}

TEST_CASE("the rate per minute counts recipients of accepted messages") {
  Gateway gateway;
  gateway.user.send_rate_per_minute = 2;
  gateway.SaveUser();
  gateway.Accept(gateway.Message());
  gateway.Accept(gateway.Message());
  CHECK(gateway.Refusal(gateway.Message()) == kRateLimit);
  CHECK(Queued(gateway) == 2);
  gateway.clock.Advance(std::chrono::seconds(30));
  gateway.Accept(gateway.Message());
}

TEST_CASE("the same key and body get the first answer and send nothing") {
  Gateway gateway;
  Suppress(gateway, "joe@example.net");
  gateway.user.monthly_send_limit = 1;
  gateway.SaveUser();
  NewMessage message = gateway.Message();
  message.draft.to.push_back({"", "joe@example.net"});
  message.idempotency_key = "order-1";
  message.body_digest = std::string(32, 'a');
  const AcceptedMessage first = gateway.Accept(message);
  const AcceptedMessage again = gateway.Accept(message);
  CHECK(again.id == first.id);
  CHECK(again.suppressed == first.suppressed);
  CHECK(Queued(gateway) == 1);
  CHECK(gateway.Events().size() == 2);

  NewMessage other = message;
  other.body_digest = std::string(32, 'b');
  CHECK(gateway.Refusal(other) == kIdempotencyKeyReused);
  gateway.user.monthly_send_limit = 0;
  gateway.SaveUser();
  message.idempotency_key = "order-2";
  CHECK(gateway.Accept(message).id != first.id);
}

TEST_CASE("a key is forgotten after a day and bounded in length") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.idempotency_key = std::string(255, 'k');
  message.body_digest = "a";
  const Uuid first = gateway.Accept(message).id;
  gateway.clock.Advance(std::chrono::hours(24));
  CHECK(gateway.Accept(message).id == first);
  gateway.clock.Advance(std::chrono::milliseconds(1));
  const Uuid second = gateway.Accept(message).id;
  CHECK(second != first);
  CHECK(gateway.Accept(message).id == second);
  message.idempotency_key += 'k';
  CHECK(gateway.Refusal(message) == kIdempotencyKeyTooLong);
}

TEST_CASE("concurrent requests with one key send once") {
  Gateway gateway;
  std::atomic<int> wake_ups = 0;
  Acceptance acceptance(*gateway.store, gateway.clock, {}, [&] { ++wake_ups; });
  NewMessage message = gateway.Message();
  message.idempotency_key = "order-1";
  message.body_digest = "a";
  std::vector<Uuid> ids(8);
  std::vector<std::thread> threads;
  for (Uuid& id : ids) {
    threads.emplace_back([&] {
      const auto outcome = acceptance.Accept(message);
      if (outcome) id = std::get<AcceptedMessage>(*outcome).id;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::set<Uuid>(ids.begin(), ids.end()).size() == 1);
  CHECK(ids[0] != Uuid());
  CHECK(Queued(gateway) == 1);
}

TEST_CASE("long To fields are shown in part") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.draft.to.clear();
  for (int i = 0; i < 1000; ++i) {
    message.draft.to.push_back({"", "r" + std::to_string(i) + "@example.net"});
  }
  const core::Message stored = Stored(gateway, gateway.Accept(message).id);
  CHECK(stored.to_header.size() < 1100);
  CHECK(stored.to_header.starts_with("r0@example.net, r1@example.net"));
  CHECK(Queued(gateway) == 1000);
}

TEST_CASE("a domain disabled between check and commit accepts nothing") {
  Gateway gateway;
  InterleavingClock clock;
  Acceptance acceptance{*gateway.store, clock, {}, [&] { ++gateway.wake_ups; }};
  gateway.domain.status = core::DomainStatus::kDisabled;
  // The first reading dates the message; the second makes its ID, after the sender was looked at.
  clock.OnReading(2, [&] { gateway.SaveDomain(); });
  const Result<AcceptOutcome> outcome = acceptance.Accept(gateway.Message());
  CHECK(clock.happened());
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<SendRefusals>(*outcome));
  CHECK(std::get<SendRefusals>(*outcome).at(0).problem == kDomainNotEnabled);
  CheckNothingHappened(gateway);
}

}  // namespace egd::service
