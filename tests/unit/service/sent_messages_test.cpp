// What became of a message, and changing what has not gone out of it.
#include "daemon/service/sending/sent_messages.h"

#include "daemon/service/sending/list_expansion.h"
#include "daemon/store/list_store.h"
#include "daemon/store/ownership_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/usage_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::EventType;

struct SentGateway : Gateway {
  Uuid Send(std::vector<std::string> to, UnixMillis send_at = 0) {
    NewMessage message = Message();
    message.draft.to.clear();
    for (std::string& address : to) message.draft.to.push_back({"", std::move(address)});
    message.send_at = send_at;
    return Accept(message).id;
  }
  std::vector<core::DueRecipient> Claim(size_t most) {
    auto due = store->Write([&](store::Transaction& tx) {
      return store::QueueStore(tx).Claim(most, clock.Now(),
                                         {store->lease_owner(), clock.Now() + 60'000});
    });
    REQUIRE(due);
    return *due;
  }
  void Settle(const core::DueRecipient& due, core::Disposition disposition) {
    core::DeliveryOutcome outcome;
    outcome.recipient_id = due.id;
    outcome.message_id = due.message_id;
    outcome.disposition = disposition;
    outcome.at = clock.Now();
    outcome.next_attempt_at = clock.Now() + 60'000;
    outcome.smtp_response = "450 4.2.0 later";
    outcome.smtp_code = 450;
    ledger.Settle({outcome}, [](const Result<void>&) {});
    REQUIRE(store->Write([](store::Transaction&) {}));
  }
  int64_t Cancel(const Uuid& id) {
    const auto count = messages.Cancel({}, id);
    REQUIRE(count);
    return *count;
  }
  MessageStatus Status(const Uuid& id) {
    auto status = messages.Find(user.id, {}, id, 0, 100);
    REQUIRE(status);
    return *std::move(status);
  }
  std::vector<core::Event> Rejected() {
    auto events = Events();
    std::erase_if(events, [](const auto& event) { return event.type != EventType::kRejected; });
    return events;
  }

  int changes = 0;
  SentMessages messages{*store, clock, {}, [this] { ++changes; }};
};

}  // namespace

TEST_CASE("a scheduled message that was cancelled is scheduled no more") {
  SentGateway gateway;
  const Uuid id = gateway.Send({"a@x.example"}, gateway.clock.Now() + 3'600'000);
  const auto has_one = [&] {
    return gateway.Read([&](store::Connection& connection) {
      return store::OwnershipStore(connection)
          .HasScheduled(gateway.user.id, false, gateway.clock.Now(), 1);
    });
  };
  CHECK(has_one());
  CHECK(gateway.Cancel(id) == 1);
  CHECK_FALSE(has_one());
}

TEST_CASE("what waits is cancelled with an event each, what a server may be getting is not") {
  SentGateway gateway;
  const Uuid id = gateway.Send({"a@x.example", "b@x.example", "c@x.example", "d@x.example"});
  const auto due = gateway.Claim(3);
  REQUIRE(due.size() == 3);
  gateway.Settle(due[0], core::Disposition::kDelivered);
  gateway.Settle(due[1], core::Disposition::kDeferred);
  CHECK(gateway.Cancel(id) == 2);  // the deferred one and the one not claimed
  CHECK(gateway.changes == 1);
  const auto rejected = gateway.Rejected();
  REQUIRE(rejected.size() == 2);
  for (const auto& event : rejected) CHECK(event.reason == "cancelled");
  CHECK(rejected[0].recipient == "d@x.example");
  CHECK(rejected[1].recipient == "b@x.example");
  CHECK(gateway.Cancel(id) == 0);
  gateway.Settle(due[2], core::Disposition::kDelivered);
  CHECK(gateway.Read([](store::Connection& c) { return store::QueueStore(c).Count(); }) == 0);
}

TEST_CASE("mail that waits for its destination is nobody's, and can be cancelled") {
  SentGateway gateway;
  const Uuid id = gateway.Send({"a@x.example"});
  const auto due = gateway.Claim(1);
  CHECK(gateway.Cancel(id) == 0);
  gateway.ledger.Postpone({due[0].id}, gateway.clock.Now() + 30'000);
  CHECK(gateway.Cancel(id) == 1);
}

TEST_CASE("rescheduling moves what waits, the message's time and its expiry") {
  SentGateway gateway;
  const UnixMillis now = gateway.clock.Now();
  const Uuid id = gateway.Send({"a@x.example", "b@x.example"}, now + 3'600'000);
  const auto moved = gateway.messages.Reschedule({}, id, now + 60'000);
  REQUIRE(moved);
  CHECK(*moved == 2);
  CHECK(gateway.ledger.NextDue() == now + 60'000);
  const MessageStatus status = gateway.Status(id);
  CHECK(status.message.send_at == now + 60'000);
  CHECK(status.message.expires_at == now + 60'000 + 96 * 3'600'000);
  CHECK(*gateway.messages.Reschedule({}, id, 1) == 2);  // at once
  CHECK(gateway.Claim(5).size() == 2);
  CHECK(*gateway.messages.Reschedule({}, id, now + 60'000) == 0);
  CHECK(gateway.Status(id).message.send_at == 0);
  CHECK(gateway.messages.Reschedule({}, id, now + 31 * kDayMillis).error().kind ==
        ErrorKind::kInvalidArgument);
}

TEST_CASE("a message with many recipients is worked through to its end") {
  SentGateway gateway;
  std::vector<std::string> to;
  for (int i = 0; i < 1000; ++i) to.push_back("u" + std::to_string(i) + "@x.example");
  const Uuid id = gateway.Send(to, gateway.clock.Now() + 60'000);
  CHECK(*gateway.messages.Reschedule({}, id, gateway.clock.Now() + 90'000) == 1000);
  CHECK(gateway.Cancel(id) == 1000);
  CHECK(gateway.Rejected().size() == 1000);
}

TEST_CASE("a cancelled send to a list ends in rejections, and gives back what it counted") {
  SentGateway gateway;
  core::SubscriberList list;
  list.user_id = gateway.user.id;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::ListStore(tx).Insert(list);
    for (const char* address : {"a@x.example", "b@x.example"}) {
      core::Subscriber subscriber;
      subscriber.list_id = list.id;
      subscriber.email_address = address;
      store::SubscriberStore(tx).Insert(subscriber);
    }
  }));
  NewMessage message = gateway.Message();
  message.ids.target_list_id = list.id;
  message.send_at = gateway.clock.Now() + 3'600'000;
  const Uuid id = gateway.Accept(message).id;
  CHECK(gateway.Status(id).pending == 2);
  CHECK(gateway.Cancel(id) == 2);
  CHECK(gateway.Cancel(id) == 0);
  ListExpansion expansion(*gateway.store, gateway.clock, [] {});
  while (*expansion.ExpandBatch()) {
  }
  const auto rejected = gateway.Rejected();
  REQUIRE(rejected.size() == 2);
  CHECK(rejected[0].reason == "cancelled");
  CHECK(gateway.Read([&](store::Connection& c) {
    return store::UsageStore(c).SentInMonth(gateway.user.id, gateway.clock.Now());
  }) == 0);
  CHECK(gateway.Claim(5).empty());
}

TEST_CASE("the state of each recipient is told in the order of acceptance, page by page") {
  SentGateway gateway;
  const Uuid id = gateway.Send({"a@x.example", "b@x.example", "c@x.example"});
  const auto due = gateway.Claim(2);
  gateway.Settle(due[0], core::Disposition::kDelivered);
  gateway.Settle(due[1], core::Disposition::kDeferred);
  const MessageStatus status = gateway.Status(id);
  CHECK(status.total == 3);
  REQUIRE(status.recipients.size() == 3);
  CHECK(status.recipients[0].last.type == EventType::kDelivery);
  CHECK_FALSE(status.recipients[0].waits);
  CHECK(status.recipients[1].last.type == EventType::kDeferred);
  CHECK(status.recipients[1].last.smtp_response == "450 4.2.0 later");
  REQUIRE(status.recipients[1].queued);
  CHECK(status.recipients[1].queued->next_attempt_at == gateway.clock.Now() + 60'000);
  CHECK(status.recipients[2].waits);
  const auto page = gateway.messages.Find(1, {}, id, 1, 1);
  REQUIRE(page);
  CHECK(page->total == 3);
  REQUIRE(page->recipients.size() == 1);
  CHECK(page->recipients[0].last.recipient == "b@x.example");
}

TEST_CASE("nobody sees or changes a message outside their scope") {
  SentGateway gateway;
  const Uuid id = gateway.Send({"a@x.example"});
  for (const MessageScope& scope : {MessageScope{gateway.user.id + 1, std::nullopt},
                                    MessageScope{std::nullopt, gateway.domain.id + 1}}) {
    CHECK(gateway.messages.Find(1, scope, id, 0, 1).error().kind == ErrorKind::kNotFound);
    CHECK(gateway.messages.Cancel(scope, id).error().kind == ErrorKind::kNotFound);
    CHECK(gateway.messages.Reschedule(scope, id, 1).error().kind == ErrorKind::kNotFound);
  }
  CHECK(*gateway.messages.Cancel({gateway.user.id, gateway.domain.id}, id) == 1);
}

}  // namespace egd::service
