#include "tests/unit/queue/post.h"

namespace egd::queue {

TEST_CASE("A destination that takes nothing costs one attempt; what waits for it was not tried") {
  Post post;
  post.options.delivery.connections_per_destination = 5;
  post.dns.Mx("w.example", 10, "mx.w.example");
  post.dns.Address("mx.w.example", "127.0.0.2");
  FakeMx dead("127.0.0.2", post.mx.port());
  dead.SetRule([](const std::string& line) -> std::string {
    return line.empty() ? "421 4.3.2 too busy" : "";
  });
  for (int i = 0; i < 20; ++i) post.ledger.Add(i, "dead" + std::to_string(i) + "@w.example");
  for (int i = 0; i < 20; ++i) post.ledger.Add(i, "alive" + std::to_string(i) + "@x.example");
  post.options.first_rest = post.options.lane_pause;
  post.Run(21);
  CHECK(Text(post.Only("dead0@w.example")) == "deferred |421 4.3.2 too busy");
  CHECK(post.Only("dead0@w.example").mx_host == "mx.w.example");
  for (int i = 0; i < 20; ++i) {
    CHECK(post.Only("alive" + std::to_string(i) + "@x.example").disposition ==
          Disposition::kDelivered);
  }
  post.ledger.Add(30, "late@w.example");  // the lane rests
  post.engine->Wake();
  CHECK(Eventually([&] { return post.engine->in_flight() == 0; }));
  CHECK(dead.connections() == 1);
  CHECK(post.ledger.outcomes().size() == 21);
  const auto status = post.engine->Status("w.example");
  REQUIRE(status);
  CHECK(status->waits_for == "this server refuses us for now");
  CHECK(status->down_until > post.clock.Now());
}

TEST_CASE(
    "After a rest a lane probes with one message, and goes on with all when it gets through") {
  Post post;
  post.options.first_rest = milliseconds(1);
  post.options.lane_pause = milliseconds(1);
  std::atomic<bool> busy{true};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line.empty() && busy ? "421 4.3.2 too busy" : "";
  });
  for (int i = 0; i < 50; ++i) post.ledger.Add(i, "a" + std::to_string(i) + "@x.example");
  post.Run(1);
  busy = false;
  const auto all_gone = [&] { return post.ledger.waiting() == 0; };
  REQUIRE(Eventually([&] {
    post.clock.Advance(seconds(2));
    post.engine->Wake();
    return post.ledger.WaitUntil(all_gone, milliseconds(1));
  }));
  size_t deferred = 0;
  for (const auto& outcome : post.ledger.outcomes()) {
    deferred += outcome.disposition == Disposition::kDeferred;
  }
  CHECK(deferred < 5);  // the first, and those that were tried before the server was free
  CHECK(post.mx.messages().size() == 50);
}

TEST_CASE("What expires while its lane rests bounces, and shows nothing of other mail") {
  Post post;
  post.options.first_rest = post.options.lane_pause;
  post.mx.SetRule([](const std::string& line) -> std::string {
    return line.empty() ? "421 4.3.2 too busy" : "";
  });
  post.ledger.Add(1, "a@x.example");
  post.Run(1);
  post.ledger.Add(2, "b@x.example", milliseconds(1000));
  post.engine->Wake();
  CHECK(Eventually([&] { return post.engine->in_flight() == 0; }));
  post.clock.Advance(seconds(2));
  post.Run(2);
  const auto expired = post.Only("b@x.example");
  CHECK(Text(expired) == "bounced expired|expired while waiting: this server refuses us for now");
  CHECK(expired.dialogue.empty());
  CHECK(expired.attempt == 0);
  CHECK(post.engine->Status("x.example")->last_reply.find("too busy") != std::string::npos);
}

TEST_CASE("After its pause a lane is tried again") {
  Post post;
  post.options.first_rest = milliseconds(1);
  post.mx.SetRule([](const std::string& line) -> std::string {
    return line.empty() ? "421 4.3.2 too busy" : "";
  });
  post.ledger.Add(1, "a@x.example");
  post.Run(1);
  post.mx.SetRule(nullptr);
  // While the millisecond lasts it is put off, and not deferred once more.
  REQUIRE(Eventually([&] {
    post.clock.Advance(seconds(67));
    post.engine->Wake();
    return post.ledger.WaitUntil([&] { return post.ledger.waiting() == 0; }, milliseconds(1));
  }));
  const auto outcomes = post.ledger.Of("a@x.example");
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[1].disposition == Disposition::kDelivered);
  CHECK(outcomes[1].attempt == 2);
}

TEST_CASE("A server that throttles several messages rests its lane") {
  Post post;
  post.options.delivery.connections_per_destination = 1;
  post.options.first_rest = post.options.lane_pause;
  std::atomic<int> mails{0};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line.starts_with("MAIL") && ++mails > 1 ? "450 4.7.0 you are sending too fast" : "";
  });
  for (int i = 1; i <= 10; ++i) post.ledger.Add(i, "a" + std::to_string(i) + "@x.example");
  post.Run(4);
  CHECK(Eventually([&] { return post.engine->in_flight() == 0; }));
  CHECK(mails == 4);
  CHECK(post.mx.messages().size() == 1);
  CHECK(post.ledger.outcomes().size() == 4);
  CHECK(Text(post.Only("a4@x.example")) == "deferred |450 4.7.0 you are sending too fast");
  CHECK(post.ledger.Of("a5@x.example").empty());
  CHECK(Eventually([&] {  // the lane says it after it has put back what waits
    return post.engine->Status("x.example")->waits_for == "the server is rate-limiting us";
  }));
}

TEST_CASE(
    "One message's refusal rests nothing, whatever it says, and shows in no other's outcome") {
  const auto reply =
      GENERATE(values<std::string>({"450 4.7.0 you are sending too fast", "450 4.2.0 greylisted",
                                    "550 5.7.1 a link in it is listed by Spamhaus DBL",
                                    "421 4.7.0 very low reputation of the sending domain",
                                    "550 5.7.1 client host listed by Spamhaus"}));
  INFO(reply);
  Post post;
  post.options.delivery.connections_per_destination = 1;
  for (int i = 1; i <= 9; ++i) post.ledger.Add(i, "a" + std::to_string(i) + "@x.example");
  post.ledger.SetSenderDomain("a3@x.example", 77);
  std::atomic<int> contents{0};
  post.mx.SetRule([&, reply = reply](const std::string& line) -> std::string {
    return line == "." && ++contents == 3 ? reply : "";
  });
  post.Run(9);
  CHECK(post.mx.messages().size() == 8);
  for (const auto& outcome : post.ledger.outcomes()) {
    const bool own = outcome.address == "a3@x.example";
    CHECK((outcome.disposition == Disposition::kDelivered) == !own);
    CHECK((outcome.smtp_response == reply) == own);
  }
}

TEST_CASE("A sender's domain that a server defers rests there alone") {
  Post post;
  post.options.delivery.connections_per_destination = 1;
  post.options.first_rest = post.options.lane_pause;
  for (int i = 1; i <= 8; ++i) post.ledger.Add(i, "a" + std::to_string(i) + "@x.example");
  for (int i = 1; i <= 8; i += 2)
    post.ledger.SetSenderDomain("a" + std::to_string(i) + "@x.example", 77);
  std::atomic<int> contents{0};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line == "." && ++contents == 1 ? "421 4.7.0 very low reputation of the sending domain"
                                          : "";
  });
  post.Run(5);
  CHECK(Eventually([&] { return post.engine->in_flight() == 0; }));
  CHECK(post.ledger.outcomes().size() == 5);
  for (int i = 2; i <= 8; i += 2) {
    CHECK(post.Only("a" + std::to_string(i) + "@x.example").disposition == Disposition::kDelivered);
  }
  CHECK(post.ledger.Of("a3@x.example").empty());
  const auto status = post.engine->Status("x.example");
  CHECK(status->down_until == 0);
  REQUIRE(status->of_sender_domain.contains(77));
  CHECK(status->of_sender_domain.at(77).why == "the sending domain's reputation is bad");
}

}  // namespace egd::queue
