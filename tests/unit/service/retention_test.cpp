#include "daemon/service/upkeep/retention.h"

#include "daemon/auth/key_authenticator.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/session_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

struct House : Gateway {
  Retention retention{*store, clock, {.events_days = 90, .content_days = 3}};

  void Deliver(const Uuid& message) {
    REQUIRE(store->Write([&](store::Transaction& transaction) {
      store::QueueStore queue(transaction);
      for (const auto& due : queue.Claim(100, clock.Now(), {1, clock.Now() + 60'000})) {
        REQUIRE(due.message_id == message);
        core::DeliveryOutcome outcome;
        outcome.recipient_id = due.id;
        outcome.message_id = message;
        outcome.disposition = core::Disposition::kDelivered;
        outcome.at = clock.Now();
        queue.Settle(outcome);
      }
    }));
  }
  bool HasContent(const Uuid& message) {
    return Read([&](store::Connection& connection) {
      return store::MessageStore(connection).FindContent(message).has_value();
    });
  }
  bool HasMessage(const Uuid& message) {
    return Read([&](store::Connection& connection) {
      return store::MessageStore(connection).Find(message).has_value();
    });
  }
  bool HasSession(const std::string& digest) {
    return Read([&](store::Connection& connection) {
      return store::SessionStore(connection).Find(digest).has_value();
    });
  }
};

}  // namespace

TEST_CASE("the content of a finished message is kept for its days, and events for theirs") {
  House house;
  const Uuid id = house.Accept(house.Message()).id;
  house.Deliver(id);
  house.clock.Advance(std::chrono::hours(3 * 24));
  house.retention.RunDue();
  CHECK(house.HasContent(id));
  house.clock.Advance(std::chrono::milliseconds(1));
  house.retention.RunDue();
  CHECK_FALSE(house.HasContent(id));
  CHECK(house.Events().size() == 1);

  house.clock.Advance(std::chrono::hours(87 * 24));
  house.retention.RunDue();
  CHECK(house.Events().empty());
  CHECK_FALSE(house.HasMessage(id));
}

TEST_CASE("what is still to be delivered is kept, however old") {
  House house;
  const Uuid id = house.Accept(house.Message()).id;
  house.clock.Advance(std::chrono::hours(400 * 24));
  house.retention.RunDue();
  CHECK(house.HasContent(id));
  CHECK(house.HasMessage(id));
}

TEST_CASE("more rows than one commit deletes go at once, and sessions when nobody uses them") {
  House house;
  REQUIRE(house.store->Write([&](store::Transaction& transaction) {
    store::SessionStore sessions(transaction);
    for (size_t i = 0; i < kRowsPerSweep + 10; ++i) {
      sessions.Insert({std::to_string(i), house.user.id, 0, "", 0, house.clock.Now()});
    }
  }));
  house.clock.Advance(auth::kSessionIdleLimit);
  house.retention.RunDue();
  CHECK(house.HasSession("7"));
  house.clock.Advance(std::chrono::milliseconds(1));
  house.retention.RunDue();
  for (size_t i = 0; i < kRowsPerSweep + 10; ++i) CHECK_FALSE(house.HasSession(std::to_string(i)));
}

}  // namespace egd::service
