#include "tests/unit/queue/post.h"

namespace egd::queue {

TEST_CASE("Domains with the same exchangers share a lane, and its connections") {
  Post post;
  post.options.delivery.connections_per_destination = 1;
  for (const char* domain : {"a.example", "b.example", "c.example"}) {
    post.dns.Mx(domain, 10, "x.example");
    for (int i = 0; i < 5; ++i) post.ledger.Add(i, std::string("r@") + domain);
  }
  post.Run(15);
  CHECK(post.mx.messages().size() == 15);
  CHECK(post.mx.connections() == 1);
  CHECK(post.engine->Status("b.example")->lane == "10 x.example");
}

TEST_CASE("A destination's row limits its lane: messages per connection, connections, TLS") {
  Post post;
  config::DestinationRule few, encrypted;
  few.domain = "x.example";
  few.connections = 1;
  few.messages_per_connection = 2;
  encrypted.mx = "y.example";
  encrypted.tls = "require";
  post.options.destinations = {few, encrypted};
  for (int i = 0; i < 6; ++i) post.ledger.Add(i, "a@x.example");
  post.Run(6);
  CHECK(post.mx.connections() == 3);
  CHECK(post.mx.most_connections() == 1);
  post.ledger.Add(9, "b@y.example");
  post.Run(7);
  const auto outcome = post.Only("b@y.example");
  CHECK(outcome.disposition == Disposition::kDeferred);
  CHECK(outcome.smtp_response == "STARTTLS: TLS is required and not offered");
}

namespace {

// Ten customers of a provider, each with mail hosts of its own.
void AddCustomers(Post& post, const config::DestinationRule& limits, int messages) {
  post.options.destinations = {limits};
  for (int customer = 0; customer < 10; ++customer) {
    const std::string domain = "c" + std::to_string(customer) + ".example";
    const std::string host = "c" + std::to_string(customer) + ".mail.protection.example";
    post.dns.Mx(domain, 10, host);
    post.dns.Address(host, "127.0.0.1");
    for (int i = 0; i < messages; ++i) post.ledger.Add(100 * customer + i, "a@" + domain);
  }
}

}  // namespace

TEST_CASE("A provider's row limits connections of all its customers' lanes together") {
  Post post;
  config::DestinationRule limits;
  limits.mx = "mail.protection.example";
  limits.connections = 2;
  AddCustomers(post, limits, 20);
  post.options.reuse = seconds(60);  // idle connections end because others want their places
  post.Run(200);
  CHECK(post.mx.messages().size() == 200);
  CHECK(post.mx.most_connections() == 2);
}

TEST_CASE("A provider's row limits the rate of all its customers' lanes together") {
  Post post;
  config::DestinationRule limits;
  limits.mx = "mail.protection.example";
  limits.messages_per_minute = 60 * 100;  // one each 10 ms
  AddCustomers(post, limits, 1);
  post.options.patience = milliseconds(1);  // who waits for its turn is not silent
  const auto begin = std::chrono::steady_clock::now();
  post.Run(10);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(90));
}

TEST_CASE("A customer's silent server with a mail host of its own takes no place at the provider") {
  Post post;
  config::DestinationRule limits;
  limits.mx = "mail.protection.example";
  limits.connections = 1;
  AddCustomers(post, limits, 2);
  post.options.drain = milliseconds(10);
  FakeMx silent("127.0.0.2", post.mx.port());
  silent.SetRule([](const std::string&) { return FakeMx::kHang; });
  post.dns.Mx("trap.example", 10, "silent.example");
  post.dns.Mx("trap.example", 20, "c0.mail.protection.example");
  post.dns.Address("silent.example", "127.0.0.2");
  post.ledger.Add(5000, "a@trap.example");
  post.Run(20);
  CHECK(post.mx.messages().size() == 20);
}

TEST_CASE("A rate spreads a lane's messages, however many connections it may have") {
  Post post;
  config::DestinationRule slow;
  slow.domain = "x.example";
  slow.messages_per_minute = 60 * 100;  // one each 10 ms
  post.options.destinations = {slow};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 6; ++i) post.ledger.Add(i, "a@x.example");
  post.Run(6);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(50));
}

TEST_CASE("A destination that never answers leaves room for the others") {
  Post post;
  post.options.claims.max_in_flight = 60;
  post.options.drain = milliseconds(10);
  FakeMx dead("127.0.0.2", post.mx.port());
  dead.SetRule([](const std::string&) { return FakeMx::kHang; });
  post.dns.Address("dead.example", "127.0.0.2");
  constexpr int kMany = 300;
  for (int i = 0; i < kMany; ++i) post.ledger.Add(i, "a@dead.example");
  for (int i = 0; i < 40; ++i) {
    post.ledger.Add(kMany + i, "b@" + std::string(1, char('x' + i % 3)) + ".example");
  }
  post.Start();
  REQUIRE(Eventually([&] {
    post.clock.Advance(seconds(1));  // what was put off comes again
    post.engine->Wake();
    return post.ledger.WaitUntil([&] { return post.mx.messages().size() >= 40; }, milliseconds(1));
  }));
  REQUIRE(post.ledger.WaitForOutcomes(40));
  for (const auto& outcome : post.ledger.outcomes()) {
    CHECK(outcome.disposition == Disposition::kDelivered);
  }
}

TEST_CASE("Mail that waits for a silent name server leaves room for other senders'") {
  Post post;
  post.options.claims.max_in_flight = 60;
  post.dns.Silence("silent.example");
  for (int i = 0; i < 300; ++i) post.ledger.Add(i, "a@silent.example");
  for (int i = 0; i < 15; ++i) {
    const std::string address = "b" + std::to_string(i) + "@x.example";
    post.ledger.Add(300 + i, address);
    post.ledger.SetSenderDomain(address, 2);
  }
  post.Run(15);
  CHECK(post.mx.messages().size() == 15);
  post.dns.EndSilence();
}

TEST_CASE("Who has mail for a thousand silent name servers keeps nobody else from looking up") {
  Post post;
  post.options.io_threads = 1;
  post.dns.Silence("silent.example");
  for (int i = 0; i < 1300; ++i) {
    post.ledger.Add(i, "a@d" + std::to_string(i) + ".silent.example");
  }
  post.Start();
  REQUIRE(Eventually([&] { return post.engine->in_flight() == 1120; }));  // the rest was put off
  CHECK(post.dns.unanswered() == 120);
  post.ledger.Add(2000, "b@x.example");
  post.ledger.SetSenderDomain("b@x.example", 2);
  post.engine->Wake();
  post.Run(1);
  CHECK(post.Only("b@x.example").disposition == Disposition::kDelivered);
  post.dns.EndSilence();
}

TEST_CASE("A copy in 7 bits does not wait for the room of the one in 8 bits") {
  Post post;
  post.options.max_prepared_bytes = 1000;
  post.mx.SetRule([](const std::string& line) -> std::string {
    return line.starts_with("EHLO") ? "250 no extensions" : "";
  });
  post.ledger.on_prepare = [](const Uuid&,
                              const core::DueRecipient& to) -> Result<core::OutgoingMessage> {
    core::OutgoingMessage message;
    message.return_path = "bounce@example.org";
    message.data = std::string(800, to.seven_bit ? '=' : '\xfc') + "\r\n";
    message.eight_bit = !to.seven_bit;
    return message;
  };
  post.ledger.Add(1, "a@x.example");
  post.Run(1);
  CHECK(post.Only("a@x.example").disposition == Disposition::kDelivered);
}

TEST_CASE("A lane whose server says nothing keeps one transaction in memory") {
  Post post;
  post.options.patience = milliseconds(1);
  post.options.drain = milliseconds(10);
  post.mx.SetRule([](const std::string&) { return FakeMx::kHang; });
  for (int i = 0; i < 50; ++i) post.ledger.Add(i, "a@x.example");
  post.Start();
  REQUIRE(Eventually([&] { return post.mx.connections() > 0; }));
  CHECK(Eventually([&] { return post.engine->in_flight() == 1; }));
  CHECK(post.ledger.outcomes().empty());
}

}  // namespace egd::queue
