#include "daemon/queue/signing_pool.h"

#include <future>

#include <catch2/catch.hpp>

#include "tests/unit/queue/fake_ledger.h"

namespace egd::queue {
namespace {

std::future<Result<PreparedMessage>> Prepare(SigningPool& pool, const std::string& address,
                                             const std::string& lane = "lane") {
  auto promise = std::make_shared<std::promise<Result<PreparedMessage>>>();
  core::DueRecipient due;
  due.address = address;
  pool.Prepare(due, lane, false, [promise](Result<PreparedMessage> prepared) {
    promise->set_value(std::move(prepared));
  });
  return promise->get_future();
}

core::OutgoingMessage Sized(size_t bytes) {
  core::OutgoingMessage message;
  message.data = std::string(bytes, 'x');
  return message;
}

}  // namespace

TEST_CASE("Messages are made on the pool's threads") {
  const TestClock clock;
  FakeLedger ledger(clock);
  ledger.on_prepare = [](const Uuid&,
                         const core::DueRecipient& to) -> Result<core::OutgoingMessage> {
    char name[16];
    pthread_getname_np(pthread_self(), name, sizeof name);
    core::OutgoingMessage message;
    message.data = to.address + " by " + name;
    return message;
  };
  SigningPool pool(ledger, 1, 1000);
  auto early = Prepare(pool, "a");  // before Start: waits
  pool.Start();
  CHECK((*early.get())->data == "a by egd-sign.0");
}

TEST_CASE("An error and an exception are the message's trouble, not the pool's") {
  const TestClock clock;
  FakeLedger ledger(clock);
  ledger.on_prepare = [](const Uuid&,
                         const core::DueRecipient& to) -> Result<core::OutgoingMessage> {
    if (to.address == "throw") throw std::runtime_error("a bug");
    if (to.address == "error") return NotFound("gone");
    return Sized(1);
  };
  SigningPool pool(ledger, 2, 1000);
  pool.Start();
  const auto thrown = Prepare(pool, "throw").get();
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().kind == ErrorKind::kInternal);
  const auto error = Prepare(pool, "error").get();
  REQUIRE_FALSE(error);
  CHECK(error.error().kind == ErrorKind::kNotFound);
  CHECK(Prepare(pool, "ok").get());
}

TEST_CASE("A message that finds no room is made when there is some") {
  const TestClock clock;
  FakeLedger ledger(clock);
  ledger.on_prepare = [](const Uuid&, const core::DueRecipient&) -> Result<core::OutgoingMessage> {
    return Sized(600);
  };
  SigningPool pool(ledger, 1, 1000);
  pool.Start();
  auto first = Prepare(pool, "1").get();
  auto second = Prepare(pool, "2");
  CHECK(second.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  *first = nullptr;
  CHECK(second.get());
}

TEST_CASE("A lane that keeps its messages for long leaves room for the others'") {
  const TestClock clock;
  FakeLedger ledger(clock);
  ledger.on_prepare = [](const Uuid&,
                         const core::DueRecipient& to) -> Result<core::OutgoingMessage> {
    return Sized(to.address == "large" ? 280 : 10);
  };
  SigningPool pool(ledger, 1, 1000);
  pool.Start();
  std::vector<Result<PreparedMessage>> kept;
  kept.push_back(Prepare(pool, "large", "slow").get());
  std::vector<std::future<Result<PreparedMessage>>> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(Prepare(pool, "large", "slow"));
  for (int i = 0; i < 12; ++i) kept.push_back(Prepare(pool, "small", "other").get());
  CHECK(waiting.back().wait_for(std::chrono::milliseconds(0)) == std::future_status::timeout);
  for (auto& each : waiting) {
    kept.clear();
    kept.push_back(each.get());
  }
  CHECK(kept.back());
}

TEST_CASE("A message larger than all the bytes is made when nothing else is out") {
  const TestClock clock;
  FakeLedger ledger(clock);
  ledger.on_prepare = [](const Uuid&, const core::DueRecipient&) -> Result<core::OutgoingMessage> {
    return Sized(5000);
  };
  SigningPool pool(ledger, 2, 1000);
  pool.Start();
  for (int i = 0; i < 3; ++i) CHECK(Prepare(pool, "x").get());
}

TEST_CASE("What was asked for before the end is still made") {
  const TestClock clock;
  FakeLedger ledger(clock);
  SigningPool pool(ledger, 1, 1'000'000);
  std::vector<std::future<Result<PreparedMessage>>> all;
  for (int i = 0; i < 50; ++i) all.push_back(Prepare(pool, "x"));
  pool.Start();
  pool.Interrupt();
  pool.Join();
  for (auto& each : all) CHECK(each.get());
}

TEST_CASE("Identical copies are made once, personal ones for each recipient") {
  TestClock clock;
  FakeLedger ledger(clock);
  std::atomic<int> made{0};
  std::atomic<bool> personal{false};
  ledger.on_prepare = [&](const Uuid&, const core::DueRecipient& to) {
    ++made;
    core::OutgoingMessage message;
    message.personal = personal;
    message.data = personal ? to.address : "the same";
    return message;
  };
  SigningPool pool(ledger, 2, 1000);
  const auto ask = [&](int message, const std::string& address) {
    const auto promise = std::make_shared<std::promise<Result<PreparedMessage>>>();
    core::DueRecipient due;
    due.message_id = MessageId(message);
    due.address = address;
    pool.Prepare(due, "lane", true,
                 [promise](Result<PreparedMessage> done) { promise->set_value(std::move(done)); });
    return promise->get_future();
  };
  auto first = ask(1, "a"), second = ask(1, "b");  // before Start: the second waits for the first
  pool.Start();
  const auto one = first.get(), other = second.get();
  CHECK(one->get() == other->get());
  CHECK((*ask(1, "c").get())->data == "the same");
  CHECK(made == 1);
  personal = true;
  auto mine = ask(2, "mine"), yours = ask(2, "yours");
  CHECK((*mine.get())->data == "mine");
  CHECK((*yours.get())->data == "yours");
  CHECK(made == 3);
}

}  // namespace egd::queue
