#include "daemon/service/upkeep/sweeper.h"

#include <catch2/catch.hpp>

#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/sweep_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {

TEST_CASE("a deleted domain's mail is gone at once, and its rows batch by batch after a restart") {
  Gateway gateway;
  core::Message message;
  message.user_id = gateway.user.id;
  message.domain_id = gateway.domain.id;
  message.accepted_at = gateway.clock.Now();
  constexpr size_t kMany = 1000;  // several batches
  std::vector<store::NewRecipient> recipients;
  for (size_t n = 0; n < kMany; ++n) {
    recipients.push_back({"r" + std::to_string(n) + "@example.net", "example.net"});
  }
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::MessageStore(tx).Insert(message, "x", recipients);
    store::DomainStore(tx).Delete(gateway.domain.id, gateway.clock.Now());
    CHECK(store::QueueStore(tx).Count() == 0);
    CHECK(store::QueueStore(tx).Claim(10, gateway.clock.Now(), gateway.clock.Now() + 1).empty());
    const auto sweep = store::SweepStore(tx).Next();
    REQUIRE(sweep);
    CHECK(store::QueueStore(tx).CountClosed(sweep->id) == int64_t(kMany - kSweptAtOnce));
  }));
  gateway.store.reset();
  gateway.store = std::move(*store::Store::Open(gateway.dir.path()));
  Sweeper(*gateway.store, gateway.clock).RunDue();
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    CHECK_FALSE(store::SweepStore(tx).Next());
    CHECK(store::MessageStore(tx).PurgeContents(gateway.clock.Now() + 1, 10) == 1);
  }));
}

}  // namespace egd::service
