#include "daemon/service/upkeep/sweeper.h"

#include <catch2/catch.hpp>

#include "daemon/service/audience/lists.h"
#include "daemon/store/list_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/sweep_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

constexpr int kMany = 10'000;  // in one write they would hold everybody up

// A user with a list, suppressions and a domain with mail, many of each.
struct House : Gateway {
  House() {
    list.user_id = user.id;
    Write([&](store::Transaction& tx) {
      store::ListStore(tx).Insert(list);
      std::vector<store::NewRecipient> recipients;
      for (int n = 0; n < kMany; ++n) {
        core::Subscriber subscriber;
        subscriber.list_id = list.id;
        subscriber.email_address = "r" + std::to_string(n) + "@example.net";
        store::SubscriberStore(tx).Insert(subscriber);
        subscriber_id = subscriber.id;
        store::SuppressionStore(tx).Insert({user.id, subscriber.email_address, "manual", "", 1});
        recipients.push_back({subscriber.email_address, "example.net"});
      }
      message.id.bytes[15] = 1;
      message.user_id = user.id;
      message.domain_id = domain.id;
      message.accepted_at = clock.Now();
      store::MessageStore(tx).Insert(message, "x", recipients);
    });
  }

  template <typename Job>
  void Write(Job job) {
    REQUIRE(store->Write(job));
  }
  bool HasSweeps() {
    return Read([](store::Connection& c) { return store::SweepStore(c).Next().has_value(); });
  }
  int64_t Subscribers() {
    return Read([&](store::Connection& c) {
      return store::SubscriberStore(c).List(list.id, std::nullopt, 0, 1).total;
    });
  }
  int64_t Suppressions() {
    return Read([&](store::Connection& c) {
      return store::SuppressionStore(c).List(user.id, "*", "", 0, 1).total;
    });
  }
  uint64_t SlowWrites() { return store->GetStats().slow; }
  void Reopen() {
    store.reset();
    store = std::move(*store::Store::Open(dir.path()));
  }
  void Sweep() {
    Sweeper(*store, clock).RunDue();
    CHECK_FALSE(HasSweeps());
  }

  core::SubscriberList list;
  int64_t subscriber_id = 0;
  core::Message message;
};

}  // namespace

TEST_CASE("a deleted list is gone at once, its subscribers batch by batch, also after a restart") {
  House house;
  Lists lists(*house.store, house.clock);
  const uint64_t slow = house.SlowWrites();
  REQUIRE(lists.Delete(house.user.id, {house.list.id}));
  CHECK_FALSE(lists.Get(house.user.id, house.list.id));
  CHECK(lists.List(house.user.id)->empty());
  CHECK_FALSE(lists.Rename(house.user.id, house.list.id, "x"));
  CHECK_FALSE(lists.Delete(house.user.id, {house.list.id}));
  CHECK_FALSE(house.Read([&](store::Connection& c) {
    return store::SubscriberStore(c).FindAnywhere(house.subscriber_id);
  }));
  CHECK(house.Subscribers() == kMany - int64_t(kSweptAtOnce));
  CHECK(house.SlowWrites() == slow);
  house.Reopen();
  REQUIRE(house.HasSweeps());
  house.Sweep();
  CHECK(house.Subscribers() == 0);
  CHECK(house.SlowWrites() == 0);  // since the restart
}

TEST_CASE("a deleted user is gone at once, and what it had batch by batch") {
  House house;
  const uint64_t slow = house.SlowWrites();
  house.Write([&](store::Transaction& tx) { store::UserStore(tx).Delete(house.user.id); });
  house.Read([&](store::Connection& c) {
    CHECK_FALSE(store::UserStore(c).Find(house.user.id));
    CHECK_FALSE(store::UserStore(c).FindByUsername(house.user.username));
    CHECK(store::UserStore(c).List("", 0, 10).total == 0);
    CHECK_FALSE(store::DomainStore(c).Find(house.domain.id));
    CHECK(store::DomainStore(c).ListSending().empty());
    return 0;
  });
  house.Write([&](store::Transaction& tx) {
    CHECK(store::QueueStore(tx).Claim(10, house.clock.Now(), {1, house.clock.Now() + 1}).empty());
    core::User same = house.user;  // its name is free
    CHECK(store::UserStore(tx).Insert(same) == store::UserSaved::kSaved);
  });
  CHECK(house.Suppressions() == kMany);
  house.Sweep();
  CHECK(house.Suppressions() == 0);
  CHECK(house.Subscribers() == 0);
  house.Write([&](store::Transaction& tx) {
    CHECK(store::MessageStore(tx).PurgeContents(house.clock.Now() + 1, 10) == 1);
    CHECK(house.SlowWrites() == slow);
    CHECK(store::UserStore(tx).Count() == 1);
  });
}

}  // namespace egd::service
