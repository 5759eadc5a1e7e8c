#include "tests/unit/queue/post.h"

namespace egd::queue {

TEST_CASE("At the end dialogues under way finish, and what has not begun goes back") {
  Post post;
  post.options.delivery.connections_per_destination = 1;
  std::atomic<bool> reached{false};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    if (line == "DATA") reached = true;
    return "";
  });
  for (int i = 0; i < 300; ++i) post.ledger.Add(i, "a@x.example");
  post.Start();
  REQUIRE(Eventually([&] { return reached.load(); }));
  post.Stop();
  CHECK(post.engine->in_flight() == 0);
  const size_t delivered = post.mx.messages().size();
  CHECK(delivered >= 1);
  CHECK(post.ledger.outcomes().size() == delivered);
  CHECK(post.ledger.waiting() == 300 - delivered);
  CHECK(post.ledger.WaitUntil([&] { return post.ledger.leased() == 0; }));
}

TEST_CASE("At the end a dialogue that hangs is cut and given back after the drain time") {
  Post post;
  post.options.drain = milliseconds(20);
  std::atomic<bool> reached{false};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    if (line.empty() || line.starts_with("EHLO")) return "";
    reached = true;
    return FakeMx::kHang;
  });
  const int64_t id = post.ledger.Add(1, "a@x.example");
  post.Start();
  REQUIRE(Eventually([&] { return reached.load(); }));
  post.Stop();
  CHECK(post.engine->in_flight() == 0);
  CHECK(post.ledger.outcomes().empty());
  CHECK(post.ledger.WaitUntil([&] { return post.ledger.released().count(id) == 1; }));
}

TEST_CASE("At the end a ledger that takes nothing does not hold the engine up for ever") {
  Post post;
  post.options.drain = milliseconds(20);
  post.ledger.settle_failures = 1'000'000;
  post.ledger.Add(1, "a@x.example");
  post.Start();
  REQUIRE(Eventually([&] { return !post.mx.messages().empty(); }));
  post.Stop();
  CHECK(post.engine->in_flight() == 0);
}

TEST_CASE("An idle engine, and one that was never started, end at once") {
  Post never;
  never.engine =
      std::make_unique<DeliveryEngine>(never.options, never.ledger, never.dns, never.clock);
  never.engine.reset();
  Post idle;
  idle.ledger.Add(1, "a@x.example");
  idle.Run(1);
  idle.Stop();
  CHECK(idle.mx.messages().size() == 1);
}

TEST_CASE("At the end a look-up that is answered late finds nobody to deliver") {
  Post post;
  post.options.io_threads = 1;
  post.options.drain = milliseconds(1);
  post.dns.Mx("x.example", 10, "mx.late.example");
  post.dns.Address("mx.late.example", "127.0.0.1");
  post.dns.Silence("late.example");
  post.mx.SetRule([](const std::string&) { return FakeMx::kHang; });
  const int64_t late = post.ledger.Add(1, "a@x.example");
  const int64_t hanging = post.ledger.Add(2, "b@y.example");
  post.Start();
  REQUIRE(Eventually([&] { return post.dns.unanswered() > 0 && post.mx.connections() == 1; }));
  post.engine->Interrupt();
  REQUIRE(post.ledger.WaitUntil([&] { return post.ledger.released().contains(hanging); }));
  post.dns.EndSilence();
  post.engine->Join();
  CHECK(post.ledger.WaitUntil([&] { return post.ledger.released().contains(late); }));
  CHECK(post.ledger.outcomes().empty());
}

}  // namespace egd::queue
