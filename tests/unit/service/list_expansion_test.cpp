#include "daemon/service/sending/list_expansion.h"

#include <optional>
#include <set>
#include <thread>

#include "daemon/service/domains/domains.h"
#include "daemon/store/list_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/usage_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::EventType;
using std::chrono::milliseconds;

struct ListGateway : Gateway {
  ListGateway() { list = AddList(); }

  int64_t AddList() {
    core::SubscriberList made;
    made.user_id = user.id;
    made.name = "made";
    REQUIRE(store->Write([&](store::Transaction& tx) { store::ListStore(tx).Insert(made); }));
    return made.id;
  }
  void Subscribe(int count, int64_t to = 0) {
    REQUIRE(store->Write([&](store::Transaction& tx) {
      for (int i = 0; i < count; ++i) {
        core::Subscriber one;
        one.list_id = to == 0 ? list : to;
        one.email_address = "s" + std::to_string(++subscribers) + "@example.net";
        store::SubscriberStore(tx).Insert(one);
      }
    }));
  }
  NewMessage ToList(int64_t id = 0) {
    NewMessage message = Message();
    message.draft.to.clear();
    message.ids.target_list_id = id == 0 ? list : id;
    return message;
  }
  void ExpandAll() {
    for (int i = 0; i < 1000; ++i) {
      const auto expanded = expansion.ExpandBatch();
      REQUIRE(expanded);
      if (!*expanded) return;
    }
    FAIL("never ends");
  }
  int64_t Queued() {
    return Read([](store::Connection& c) { return store::QueueStore(c).Count(); });
  }
  int64_t Sent() {
    return Read([&](store::Connection& c) {
      return store::UsageStore(c).SentInMonth(user.id, clock.Now());
    });
  }

  int64_t list = 0;
  int subscribers = 0;
  int queued = 0;
  ListExpansion expansion{*store, clock, [this] { ++queued; }};
};

constexpr int kBatch = int(ListExpansion::kBatch);

}  // namespace

TEST_CASE("a send to a list is one row until its recipients are made, each once") {
  ListGateway gateway;
  gateway.Subscribe(2 * kBatch + 7);
  const AcceptedMessage accepted = gateway.Accept(gateway.ToList());
  CHECK(gateway.Queued() == 0);
  CHECK(gateway.Sent() == 2 * kBatch + 7);
  gateway.ExpandAll();
  CHECK(gateway.queued == 3);
  CHECK(gateway.Queued() == 2 * kBatch + 7);
  CHECK(gateway.Sent() == 2 * kBatch + 7);
  std::set<std::string> recipients;
  for (const auto& event : gateway.Events()) {
    CHECK(event.type == EventType::kAccepted);
    CHECK(event.message_id == accepted.id);
    recipients.insert(event.recipient);
  }
  CHECK(recipients.size() == size_t(2 * kBatch + 7));
}

TEST_CASE("expansion goes on where another one stopped") {
  ListGateway gateway;
  gateway.Subscribe(2 * kBatch);
  gateway.Accept(gateway.ToList());
  REQUIRE(*gateway.expansion.ExpandBatch());
  CHECK(gateway.Queued() == kBatch);
  ListExpansion after_restart(*gateway.store, gateway.clock, [] {});
  REQUIRE(*after_restart.ExpandBatch());
  REQUIRE_FALSE(*after_restart.ExpandBatch());
  CHECK(gateway.Queued() == 2 * kBatch);
}

TEST_CASE("a send that fails each time keeps no other waiting") {
  ListGateway gateway;
  const int64_t other = gateway.AddList();
  gateway.Subscribe(1);
  gateway.Subscribe(2, other);
  gateway.Accept(gateway.ToList());
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::Query(tx, "CREATE TRIGGER broken BEFORE UPDATE ON list_sends WHEN new.list_id = " +
                         std::to_string(gateway.list) + " BEGIN SELECT raise(ABORT, 'broken'); END")
        .Run();
  }));
  gateway.Accept(gateway.ToList(other));
  CHECK_FALSE(gateway.expansion.ExpandBatch());
  CHECK(gateway.expansion.ExpandBatch());
  CHECK(gateway.Queued() == 2);
}

TEST_CASE("a list that is deleted between the check and the commit gets no send") {
  ListGateway gateway;
  gateway.Subscribe(1);
  std::optional<SendProblem> refusal;
  std::thread sender;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    sender = std::thread([&] {
      const auto outcome = gateway.acceptance.Accept(gateway.ToList());
      const auto* refusals = outcome ? std::get_if<SendRefusals>(&*outcome) : nullptr;
      if (refusals && refusals->size() == 1) refusal = refusals->front().problem;
    });
    while (gateway.store->GetStats().waiting == 0) std::this_thread::yield();  // it is checked
    store::ListStore(tx).Delete(gateway.user.id, gateway.list);
  }));
  sender.join();
  CHECK(refusal == SendProblem::kTargetListInvalid);
  CHECK(gateway.Sent() == 0);
}

TEST_CASE("who joins later gets nothing, who leaves or is suppressed neither") {
  ListGateway gateway;
  gateway.Subscribe(3);
  gateway.Accept(gateway.ToList());
  gateway.Subscribe(1);
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    auto second = *store::SubscriberStore(tx).FindByAddress(gateway.list, "s2@example.net");
    second.status = core::SubscriptionStatus::kUnsubscribed;
    store::SubscriberStore(tx).Update(second);
    store::SuppressionStore(tx).Insert({gateway.user.id, "S3@example.net", "manual", "", 1});
  }));
  gateway.ExpandAll();
  CHECK(gateway.Queued() == 1);
  CHECK(gateway.Sent() == 1);
  const auto events = gateway.Events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == EventType::kRejected);
  CHECK(events[0].recipient == "s3@example.net");
  CHECK(events[0].reason == "suppressed");
  CHECK(events[1].recipient == "s1@example.net");
}

TEST_CASE("lists take turns") {
  ListGateway gateway;
  const int64_t small = gateway.AddList();
  gateway.Subscribe(3 * kBatch);
  gateway.Subscribe(1, small);
  gateway.Accept(gateway.ToList());
  const AcceptedMessage second = gateway.Accept(gateway.ToList(small));
  REQUIRE(*gateway.expansion.ExpandBatch());
  REQUIRE(*gateway.expansion.ExpandBatch());
  CHECK(gateway.Events()[0].message_id == second.id);
  gateway.ExpandAll();
  CHECK(gateway.Queued() == 3 * kBatch + 1);
}

TEST_CASE("a list for later is expanded when it is due") {
  ListGateway gateway;
  gateway.Subscribe(1);
  NewMessage message = gateway.ToList();
  message.send_at = gateway.clock.Now() + 60'000;
  gateway.Accept(message);
  CHECK_FALSE(*gateway.expansion.ExpandBatch());
  gateway.clock.Advance(std::chrono::seconds(60));
  CHECK(*gateway.expansion.ExpandBatch());
  CHECK(gateway.Queued() == 1);
}

TEST_CASE("a whole list counts against the month at once") {
  ListGateway gateway;
  gateway.Subscribe(3);
  gateway.user.monthly_send_limit = 5;
  gateway.SaveUser();
  gateway.Accept(gateway.ToList());
  CHECK(gateway.Refusal(gateway.ToList()) == SendProblem::kMonthlyLimit);
  gateway.ExpandAll();
  CHECK(gateway.Queued() == 3);
}

TEST_CASE("a list that cannot be sent to is refused") {
  ListGateway gateway;
  CHECK(gateway.Refusal(gateway.ToList()) == SendProblem::kNoRecipients);
  CHECK(gateway.Refusal(gateway.ToList(4711)) == SendProblem::kTargetListInvalid);
  gateway.Subscribe(1);
  NewMessage with_copy = gateway.ToList();
  with_copy.draft.cc = {{"", "joe@example.net"}};
  CHECK(gateway.Refusal(with_copy) == SendProblem::kTooManyRecipients);
}

TEST_CASE("clearing a domain's queue stops its sends to lists, and their content goes") {
  ListGateway gateway;
  gateway.Subscribe(kBatch + 1);
  const Uuid id = gateway.Accept(gateway.ToList()).id;
  REQUIRE(*gateway.expansion.ExpandBatch());
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::QueueStore queue(tx);
    queue.DropClosed(queue.Close(gateway.domain.id), 1000, gateway.clock.Now());
    store::MessageStore(tx).PurgeContents(gateway.clock.Now() + 1, 10);
  }));
  CHECK_FALSE(*gateway.expansion.ExpandBatch());
  CHECK(gateway.Queued() == 0);
  CHECK_FALSE(
      gateway.Read([&](store::Connection& c) { return store::MessageStore(c).FindContent(id); }));
}

TEST_CASE("what a stopped send did not queue is given back to the month that it was counted in") {
  ListGateway gateway;
  constexpr UnixMillis kLastOfOctober = 1'793'491'199'999;  // 2026-10-31 23:59:59.999
  gateway.clock.Advance(milliseconds(kLastOfOctober - gateway.clock.Now()));
  const auto sent = [&](UnixMillis at) {
    return gateway.Read([&](store::Connection& c) {
      return store::UsageStore(c).SentInMonth(gateway.user.id, at);
    });
  };
  const int64_t small = gateway.AddList();
  gateway.Subscribe(kBatch + 7);
  gateway.Subscribe(3, small);
  gateway.Accept(gateway.ToList());
  gateway.clock.Advance(milliseconds(1));
  gateway.Accept(gateway.ToList(small));
  REQUIRE(*gateway.expansion.ExpandBatch());
  CHECK(sent(kLastOfOctober) == kBatch + 7);
  CHECK(sent(kLastOfOctober + 1) == 3);
  const auto write = [&](auto job) { REQUIRE(gateway.store->Write(job)); };

  SECTION("by clearing its domain's queue") {
    Domains domains(*gateway.store, gateway.vault, gateway.clock, {});
    CHECK(*domains.ClearQueue(gateway.user.id, gateway.domain.id) == kBatch);
    CHECK(*domains.ClearQueue(gateway.user.id, gateway.domain.id) == 0);
    CHECK(sent(kLastOfOctober) == kBatch);
    CHECK(sent(kLastOfOctober + 1) == 0);
  }
  SECTION("by deleting its domain") {
    write([&](store::Transaction& tx) { store::DomainStore(tx).Delete(gateway.domain.id); });
    CHECK(sent(kLastOfOctober) == kBatch);
    CHECK(sent(kLastOfOctober + 1) == 0);
  }
  SECTION("by deleting its list") {
    write([&](store::Transaction& tx) {
      CHECK_FALSE(store::ListStore(tx).Delete(gateway.user.id + 1, gateway.list));
      CHECK(store::ListStore(tx).Delete(gateway.user.id, gateway.list));
    });
    CHECK(sent(kLastOfOctober) == kBatch);
    CHECK(sent(kLastOfOctober + 1) == 3);
  }
  gateway.ExpandAll();
  CHECK(sent(kLastOfOctober) == kBatch);
}

TEST_CASE("what the end of a list does not need is given back in its month, not today's") {
  ListGateway gateway;
  constexpr UnixMillis kLastOfOctober = 1'793'491'199'999;
  gateway.clock.Advance(milliseconds(kLastOfOctober - gateway.clock.Now()));
  gateway.Subscribe(3);
  gateway.Accept(gateway.ToList());
  gateway.clock.Advance(milliseconds(1));
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({gateway.user.id, "s3@example.net", "manual", "", 1});
  }));
  gateway.ExpandAll();
  CHECK(gateway.Sent() == 0);
  gateway.clock.Advance(milliseconds(-1));
  CHECK(gateway.Sent() == 2);
}

TEST_CASE("the thread expands what it is woken for") {
  ListGateway gateway;
  gateway.Subscribe(1);
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  ListExpansion expansion(*gateway.store, gateway.clock, [&] {
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  });
  expansion.Start();
  gateway.Accept(gateway.ToList());
  expansion.Wake();
  std::unique_lock lock(mutex);
  CHECK(changed.wait_for(lock, std::chrono::seconds(10), [&] { return done; }));
  lock.unlock();
  expansion.Interrupt();
  expansion.Join();
  CHECK(gateway.Queued() == 1);
}

}  // namespace egd::service
