#include "daemon/queue/claimer.h"

#include <catch2/catch.hpp>

#include "tests/unit/queue/fake_ledger.h"

namespace egd::queue {
namespace {

// Collects what is dispatched.
struct Desk {
  explicit Desk(ClaimerOptions options = {})
      : ledger(clock), claimer(options, ledger, clock, [this](std::vector<core::DueRecipient> due) {
          const std::lock_guard lock(mutex);
          for (const auto& each : due) dispatched.push_back(each.id);
          changed.notify_all();
        }) {}

  bool WaitFor(size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20),
                            [&] { return dispatched.size() >= count; });
  }
  std::vector<int64_t> Dispatched() {
    const std::lock_guard lock(mutex);
    return dispatched;
  }
  // The claimer has had its turn after all that was done so far.
  void WaitForTurn() {
    const int64_t id = ledger.Add(9999, "turn@x.example");
    claimer.Wake();
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(20), [&] {
      return std::find(dispatched.begin(), dispatched.end(), id) != dispatched.end();
    }));
  }

  TestClock clock;
  FakeLedger ledger;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int64_t> dispatched;
  Claimer claimer;
};

core::DeliveryOutcome Deferred(int64_t id, UnixMillis until) {
  core::DeliveryOutcome outcome;
  outcome.recipient_id = id;
  outcome.next_attempt_at = until;
  return outcome;
}

}  // namespace

TEST_CASE("Mail that waits at the start is claimed without being woken, more when woken") {
  Desk desk;
  const int64_t first = desk.ledger.Add(1, "a@x.example");
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(1));
  const int64_t second = desk.ledger.Add(1, "b@x.example");
  desk.claimer.Wake();
  REQUIRE(desk.WaitFor(2));
  CHECK(desk.Dispatched() == std::vector<int64_t>{first, second});
  CHECK(desk.claimer.in_flight() == 2);
  desk.claimer.Finish({first, second, 12345}, 0);
  CHECK(desk.claimer.in_flight() == 0);
}

TEST_CASE("More than one claim's worth is claimed in several") {
  Desk desk;
  for (int i = 0; i < 1700; ++i) desk.ledger.Add(i, "a@x.example");
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(1700));
}

TEST_CASE("No more are in flight than allowed; room lets the next in") {
  ClaimerOptions options;
  options.max_in_flight = 10;
  Desk desk(options);
  for (int i = 0; i < 25; ++i) desk.ledger.Add(i, "a@x.example");
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(10));
  CHECK(desk.claimer.in_flight() == 10);
  const auto first = desk.Dispatched();
  desk.claimer.Finish(first, 0);
  REQUIRE(desk.WaitFor(20));
  CHECK(desk.claimer.in_flight() == 10);
}

TEST_CASE("One user's mail never takes the room of all others'") {
  ClaimerOptions options;
  options.max_in_flight = 100;
  Desk desk(options);
  for (int i = 0; i < 300; ++i) desk.ledger.Add(i, "a@x.example");
  desk.ledger.SetUser("a@x.example", 1);
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(75));
  desk.WaitForTurn();  // of mail that is nobody's
  const size_t full = desk.Dispatched().size();
  CHECK(full < 90);
  desk.ledger.Add(300, "b@x.example");
  desk.ledger.SetUser("b@x.example", 2);
  desk.claimer.Wake();
  REQUIRE(desk.WaitFor(full + 1));
  CHECK(desk.claimer.in_flight() == full + 1);
  desk.claimer.Finish(desk.Dispatched(), 0);
  REQUIRE(desk.WaitFor(full + 2));  // the first user's go on
}

TEST_CASE("A recipient whose lease ends while it is in flight is not handed out again") {
  ClaimerOptions options;
  options.lease = std::chrono::seconds(60);
  Desk desk(options);
  const int64_t slow = desk.ledger.Add(1, "slow@x.example");
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(1));
  for (int i = 0; i < 3; ++i) {
    desk.clock.Advance(std::chrono::seconds(61));
    desk.WaitForTurn();
  }
  const auto dispatched = desk.Dispatched();
  CHECK(std::count(dispatched.begin(), dispatched.end(), slow) == 1);

  desk.claimer.Finish({slow}, 0);  // without the ledger knowing: as if a commit had been lost
  desk.clock.Advance(std::chrono::seconds(61));
  desk.WaitForTurn();
  const auto again = desk.Dispatched();
  CHECK(std::count(again.begin(), again.end(), slow) == 2);
}

TEST_CASE("The lease of a recipient in flight is renewed, also while there is no room for more") {
  ClaimerOptions options;
  options.lease = std::chrono::milliseconds(400);
  options.max_in_flight = GENERATE(1, 100);
  Desk desk(options);
  const int64_t slow = desk.ledger.Add(1, "slow@x.example");
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(1));
  if (options.max_in_flight == 1) {
    desk.ledger.Add(2, "next@x.example");
    desk.claimer.Wake();
  }
  for (size_t renewals = 1; renewals <= 3; ++renewals) {
    desk.clock.Advance(std::chrono::milliseconds(210));  // the second half of its lease
    REQUIRE(desk.ledger.WaitUntil([&] { return desk.ledger.renewed().count(slow) == renewals; }));
  }
  desk.claimer.Finish({slow}, 0);
  CHECK(desk.ledger.renewed().size() == 3);
}

TEST_CASE("What is deferred to a time before anything else is claimed at that time") {
  Desk desk;
  const int64_t id = desk.ledger.Add(1, "a@x.example");
  desk.claimer.Start();
  REQUIRE(desk.WaitFor(1));
  const UnixMillis soon = desk.clock.Now() + 20;
  desk.ledger.Settle({Deferred(id, soon)}, [&](Result<void>) { desk.claimer.Finish({id}, soon); });
  REQUIRE(desk.ledger.WaitForOutcomes(1));
  desk.clock.Advance(std::chrono::milliseconds(20));
  REQUIRE(desk.WaitFor(2));  // within the nap of 20 ms that Finish asked for, not of 30 s
  CHECK(desk.Dispatched() == std::vector<int64_t>{id, id});
}

TEST_CASE("A claimer that was never started ends too, and one at rest ends at once") {
  Desk never;
  Desk desk;
  desk.claimer.Start();
  desk.WaitForTurn();
  desk.claimer.Interrupt();
  desk.claimer.Join();
  desk.ledger.Add(1, "late@x.example");
  desk.claimer.Wake();
  CHECK(desk.Dispatched().size() == 1);
}

}  // namespace egd::queue
