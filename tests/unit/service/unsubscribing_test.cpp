#include "daemon/service/audience/unsubscribing.h"

#include <future>

#include "daemon/store/list_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/suppression_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

bool Leave(Gateway& gateway, const Unsubscription& wish) {
  return *gateway.store->Write(
      [&](store::Transaction& tx) { return Unsubscribe(tx, wish, gateway.clock.Now()); });
}

std::string Scopes(Gateway& gateway) {
  return gateway.Read([&](store::Connection& connection) {
    std::string scopes;
    for (const auto& row :
         store::SuppressionStore(connection).List(gateway.user.id, "*", "", 0, 10).suppressions) {
      scopes += row.address + " " + row.scope + "\n";
    }
    return scopes;
  });
}

}  // namespace

TEST_CASE("unsubscribing is recorded once, however often it is asked for") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.unsubscribe_link = true;
  const Uuid id = gateway.Accept(message).id;
  const Unsubscription wish{gateway.domain.id, id, 0, "Jane@example.net", "One click"};
  CHECK(Leave(gateway, wish));
  CHECK_FALSE(Leave(gateway, wish));
  CHECK(Scopes(gateway) == "jane@example.net bulk\n");
  const auto events = gateway.Events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == core::EventType::kUnsubscribe);
  CHECK(events[0].reason == "bulk");
}

TEST_CASE("of a message that is gone the token still says whose it was") {
  Gateway gateway;
  const Uuid gone = NewUuidV7(gateway.clock);
  CHECK(Leave(gateway, {gateway.domain.id, gone, 7, "jane@example.net", "One click"}));
  CHECK(Scopes(gateway) == "jane@example.net list:7\n");
  CHECK_FALSE(Leave(gateway, {999, gone, 0, "jane@example.net", "One click"}));
}

TEST_CASE("unsubscribing from a list ends the subscription to it") {
  Gateway gateway;
  core::SubscriberList list;
  list.user_id = gateway.user.id;
  list.name = "News";
  core::Subscriber jane;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::ListStore(tx).Insert(list);
    jane.list_id = list.id;
    jane.email_address = "jane@example.net";
    store::SubscriberStore(tx).Insert(jane);
  }));
  NewMessage message = gateway.Message();
  message.ids.list_id = list.id;
  message.draft.plain = "{{ Link:Unsubscribe }}";
  const Uuid id = gateway.Accept(message).id;
  CHECK(Leave(gateway, {gateway.domain.id, id, 0, "jane@example.net", "One click"}));
  CHECK(Scopes(gateway) == "jane@example.net list:" + std::to_string(list.id) + "\n");
  const auto status = gateway.Read([&](store::Connection& connection) {
    return store::SubscriberStore(connection).Find(list.id, jane.id)->status;
  });
  CHECK(status == core::SubscriptionStatus::kUnsubscribed);
}

TEST_CASE("who unsubscribes meanwhile is taken out of the queue when it is claimed") {
  Gateway gateway;
  NewMessage bulk = gateway.Message();
  bulk.unsubscribe_link = true;
  const Uuid stopped = gateway.Accept(bulk).id;
  const Uuid sent = gateway.Accept(gateway.Message()).id;
  Leave(gateway, {gateway.domain.id, stopped, 0, "jane@example.net", "One click"});
  std::promise<std::vector<core::DueRecipient>> claimed;
  gateway.ledger.Claim(10, gateway.clock.Now() + 60'000, {},
                       [&](auto due) { claimed.set_value(std::move(due)); });
  const auto due = claimed.get_future().get();
  REQUIRE(due.size() == 1);
  CHECK(due[0].message_id == sent);
  const auto events = gateway.Events();
  CHECK(events[0].type == core::EventType::kRejected);
  CHECK(events[0].reason == "suppressed");
  CHECK(events[0].message_id == stopped);
}

}  // namespace egd::service
