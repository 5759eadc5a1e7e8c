#include <atomic>

#include "tests/unit/queue/post.h"

namespace egd::queue {

TEST_CASE(
    "One message to several domains: one transaction for each, an outcome for each recipient") {
  Post post;
  post.ledger.Add(1, "a@x.example");
  post.ledger.Add(1, "b@y.example");
  post.ledger.Add(1, "c@x.example");
  post.Run(3);
  const auto messages = post.mx.messages();
  REQUIRE(messages.size() == 2);
  const auto& both = messages[0].to.size() == 2 ? messages[0] : messages[1];
  CHECK(both.to == std::vector<std::string>{"a@x.example", "c@x.example"});
  CHECK(both.from == "bounce@example.org");
  CHECK(both.content == "Message-ID: <" + MessageId(1).ToString() + "@example.org>\r\n\r\nhello");

  const auto outcome = post.Only("a@x.example");
  CHECK(outcome.disposition == Disposition::kDelivered);
  CHECK(outcome.mx_host == "x.example");
  CHECK(outcome.mx_address == "127.0.0.1");
  CHECK(outcome.smtp_code == 250);
  CHECK(outcome.attempt == 1);
  CHECK(outcome.at == post.clock.Now());
  CHECK(post.ledger.waiting() == 0);
}

TEST_CASE("Mail accepted later goes out when the engine is woken, over the same connection") {
  Post post;
  for (int i = 1; i <= 20; ++i) {
    post.ledger.Add(i, "a@x.example");
    post.Run(size_t(i));
  }
  CHECK(post.mx.messages().size() == 20);
  CHECK(post.mx.connections() == 1);
}

TEST_CASE("A connection closed while idle costs a new one, and no delay") {
  Post post;
  post.ledger.Add(1, "a@x.example");
  post.Run(1);
  post.mx.DropConnections();
  post.ledger.Add(2, "b@x.example");
  post.Run(2);
  CHECK(post.Only("b@x.example").disposition == Disposition::kDelivered);
  CHECK(post.mx.connections() == 2);
}

TEST_CASE("A goodbye in answer to MAIL on a used connection is not a failure, on a new one it is") {
  Post post;
  std::atomic<int> mails{0};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    if (!line.starts_with("MAIL")) return "";
    const int number = ++mails;
    return number == 2 || number == 4 || number == 5 ? "421 4.4.2 idle too long" : "";
  });
  for (int i = 1; i <= 3; ++i) {
    post.ledger.Add(i, "a" + std::to_string(i) + "@x.example");
    post.Run(size_t(i));
  }
  CHECK(post.Only("a1@x.example").disposition == Disposition::kDelivered);
  CHECK(post.Only("a2@x.example").disposition == Disposition::kDelivered);
  CHECK(Text(post.Only("a3@x.example")) == "deferred |421 4.4.2 idle too long");
}

TEST_CASE("A server that refuses RSET costs a new connection, and no message") {
  Post post;
  post.options.delivery.connections_per_destination = 1;
  post.mx.SetRule([](const std::string& line) -> std::string {
    if (line.starts_with("RCPT TO:<gone")) return "550 5.1.1 no such user";
    return line == "RSET" ? "503 5.5.1 what?" : "";
  });
  post.ledger.Add(1, "gone@x.example");
  post.ledger.Add(2, "b@x.example");
  post.Run(2);
  CHECK(post.Only("b@x.example").disposition == Disposition::kDelivered);
  CHECK(post.mx.connections() == 2);
}

TEST_CASE("A mail host with an underscore in its name is looked up") {
  Post post;
  post.dns.Mx("w.example", 10, "Mail_1.w.example");
  post.dns.Address("mail_1.w.example", "127.0.0.1");
  post.ledger.Add(1, "a@w.example");
  post.Run(1);
  CHECK(post.Only("a@w.example").disposition == Disposition::kDelivered);
}

TEST_CASE("A smarthost's password comes from a file, or the engine does not start") {
  Post post;
  post.options.delivery.route = "smarthost";
  post.options.delivery.smarthost = "127.0.0.1:25";
  post.options.delivery.smarthost_user = "user";
  post.options.delivery.smarthost_password_file = "/nonexistent";
  CHECK_THROWS_WITH(DeliveryEngine(post.options, post.ledger, post.dns, post.clock),
                    "delivery.smarthost_password_file /nonexistent cannot be read or has no "
                    "password in its first line");
}

TEST_CASE("Each recipient gets its own outcome, and the deferred one another try") {
  Post post;
  post.mx.SetRule([](const std::string& line) -> std::string {
    if (line.starts_with("RCPT TO:<gone")) return "550 5.1.1 no such user";
    if (line.starts_with("RCPT TO:<full")) return "452 4.2.2 full";
    if (line.starts_with("RCPT TO:<blocked")) return "550 5.7.1 blocked";
    return "";
  });
  for (const char* name : {"good", "gone", "full", "blocked"})
    post.ledger.Add(1, name + std::string("@x.example"));
  post.Run(4);
  CHECK(Text(post.Only("good@x.example")) == "delivered |250 2.0.0 queued as 1");
  CHECK(Text(post.Only("gone@x.example")) == "bounced hard|550 5.1.1 no such user");
  CHECK(post.Only("gone@x.example").suppress);
  CHECK(Text(post.Only("blocked@x.example")) == "bounced policy|550 5.7.1 blocked");
  CHECK_FALSE(post.Only("blocked@x.example").suppress);
  const auto full = post.Only("full@x.example");
  CHECK(Text(full) == "deferred |452 4.2.2 full");
  CHECK(full.next_attempt_at >= post.clock.Now() + 54'000);
  CHECK(full.next_attempt_at <= post.clock.Now() + 66'000);

  post.mx.SetRule(nullptr);
  post.clock.Advance(seconds(67));
  post.Run(5);
  const auto attempts = post.ledger.Of("full@x.example");
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[1].disposition == Disposition::kDelivered);
  CHECK(attempts[1].attempt == 2);
}

TEST_CASE("A message that has expired bounces as expired after its last failure") {
  Post post;
  post.mx.SetRule([](const std::string& line) -> std::string {
    return line.starts_with("RCPT") ? "450 4.2.0 greylisted" : "";
  });
  post.ledger.Add(1, "a@x.example", milliseconds(30'000));
  post.Run(1);
  CHECK(post.Only("a@x.example").next_attempt_at == post.clock.Now() + 30'000);
  post.clock.Advance(seconds(30));
  post.Run(2);
  CHECK(Text(post.ledger.Of("a@x.example")[1]) == "bounced expired|450 4.2.0 greylisted");
  CHECK(post.ledger.waiting() == 0);
}

TEST_CASE("When the first exchanger refuses, the next one takes it") {
  Post post;
  FakeMx second("127.0.0.2", post.mx.port());
  post.dns.Mx("w.example", 10, "mx0.w.example");
  post.dns.Mx("w.example", 20, "mx1.w.example");
  post.dns.Mx("w.example", 30, "mx2.w.example");
  post.dns.Address("mx0.w.example", "127.0.0.3");  // nobody listens
  post.dns.Address("mx1.w.example", "127.0.0.1");
  post.dns.Address("mx2.w.example", "127.0.0.2");
  post.mx.SetRule([](const std::string& line) -> std::string {
    return line.empty() ? "554 5.7.1 go away" : "";
  });
  post.ledger.Add(1, "a@w.example");
  post.Run(1);
  CHECK(post.Only("a@w.example").disposition == Disposition::kDelivered);
  CHECK(post.Only("a@w.example").mx_host == "mx2.w.example");
  CHECK(post.mx.connections() == 1);
  CHECK(second.messages().size() == 1);
}

TEST_CASE("A retry keeps a message's recipients together") {
  Post post;
  std::atomic<bool> busy{true};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line == "." && busy ? "450 4.3.0 try later" : "";
  });
  for (int i = 0; i < 50; ++i) post.ledger.Add(1, "a" + std::to_string(i) + "@x.example");
  post.Run(50);
  busy = false;
  post.clock.Advance(seconds(67));
  post.Run(100);
  CHECK(post.mx.messages().size() == 1);
}

TEST_CASE("Domains that do not exist or take no mail bounce; a name server in trouble defers") {
  Post post;
  post.dns.Mx("null.example", 0, "");
  post.dns.Fail("broken.example", DnsType::kMx);
  post.dns.Mx("inside.example", 10, "mx.inside.example");
  post.dns.Address("mx.inside.example", "10.0.0.1");
  for (const char* domain :
       {"missing.example", "null.example", "broken.example", "inside.example"}) {
    post.ledger.Add(1, std::string("a@") + domain);
    post.ledger.Add(2, std::string("b@") + domain);
  }
  post.Run(7);
  CHECK(Text(post.Only("b@missing.example")) ==
        "bounced domain|the domain missing.example does not exist");
  CHECK_FALSE(post.Only("a@missing.example").suppress);
  CHECK(Text(post.Only("a@null.example")) == "bounced hard|null.example takes no mail (null MX)");
  CHECK(post.Only("b@null.example").suppress);
  CHECK(Text(post.Only("a@broken.example")) ==
        "deferred |looking up the MX of broken.example failed: SERVFAIL");
  CHECK(Text(post.Only("a@inside.example")) ==
        "bounced domain|the address 10.0.0.1 of mx.inside.example is not public and not in "
        "delivery.allow_networks");
}

TEST_CASE("A smarthost takes all recipients of a message in one transaction") {
  Post post;
  post.options.delivery.route = "smarthost";
  post.options.delivery.smarthost = "127.0.0.1:" + std::to_string(post.mx.port());
  for (const char* domain : {"p.example", "q.example", "r.example"})
    post.ledger.Add(1, std::string("a@") + domain);
  post.Run(3);
  REQUIRE(post.mx.messages().size() == 1);
  CHECK(post.mx.messages()[0].to.size() == 3);
}

TEST_CASE("More recipients than a transaction may have become several") {
  Post post;
  for (int i = 0; i < 250; ++i) post.ledger.Add(1, "a" + std::to_string(i) + "@x.example");
  post.Run(250);
  size_t recipients = 0;
  for (const auto& message : post.mx.messages()) {
    CHECK(message.to.size() <= 100);
    recipients += message.to.size();
  }
  CHECK(recipients == 250);
}

TEST_CASE("A personal message is made for each recipient alone") {
  Post post;
  post.ledger.on_prepare = [](const Uuid&,
                              const core::DueRecipient& to) -> Result<core::OutgoingMessage> {
    core::OutgoingMessage message;
    message.return_path = "bounce@example.org";
    message.data = "for " + to.address + "\r\n";
    message.personal = true;
    return message;
  };
  for (int i = 0; i < 30; ++i) post.ledger.Add(1, "a" + std::to_string(i) + "@x.example");
  post.Run(30);
  const auto messages = post.mx.messages();
  REQUIRE(messages.size() == 30);
  for (const auto& message : messages) {
    REQUIRE(message.to.size() == 1);
    CHECK(message.content == "for " + message.to[0]);
  }
}

TEST_CASE("A message that cannot be made bounces, one that cannot be made now waits") {
  Post post;
  post.ledger.on_prepare = [](const Uuid& id,
                              const core::DueRecipient&) -> Result<core::OutgoingMessage> {
    if (id == MessageId(1)) return NotFound("there is no such message");
    if (id == MessageId(2)) return Unavailable("busy");
    if (id == MessageId(3)) throw std::runtime_error("a bug");
    core::OutgoingMessage message;
    message.data = "fine\r\n";
    return message;
  };
  for (int i = 1; i <= 4; ++i) post.ledger.Add(i, "a" + std::to_string(i) + "@x.example");
  post.Run(3);
  CHECK(Eventually([&] { return post.engine->in_flight() == 0; }));
  CHECK(Text(post.Only("a1@x.example")) ==
        "bounced content|the message cannot be made: there is no such message");
  CHECK(post.ledger.Of("a2@x.example").empty());  // no reader was free: no attempt
  CHECK(Text(post.Only("a3@x.example")) == "deferred |the message cannot be made: try later");
  CHECK(post.Only("a4@x.example").disposition == Disposition::kDelivered);
}

TEST_CASE("An outcome the ledger cannot take is offered until it does; nothing is sent again") {
  Post post;
  post.ledger.settle_failures = 3;
  post.ledger.forget_leases = true;  // each claim offers it again meanwhile
  post.ledger.Add(1, "a@x.example");
  post.Start();
  REQUIRE(Eventually([&] {
    post.engine->Wake();
    return post.ledger.settle_failures <= 0;
  }));
  post.Run(1);
  CHECK(post.Only("a@x.example").disposition == Disposition::kDelivered);
  CHECK(post.mx.messages().size() == 1);
  CHECK(post.ledger.waiting() == 0);
}

TEST_CASE("A delivery that outlives its lease is not begun a second time") {
  Post post;
  std::atomic<bool> answer{false};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line == "." && !answer ? FakeMx::kHang : "";
  });
  post.options.timeouts.end_of_data = milliseconds(300);
  post.ledger.forget_leases = true;
  post.ledger.Add(1, "a@x.example");
  post.Start();
  for (int i = 0; i < 50; ++i) {
    post.ledger.Add(100 + i, "b@y.example");  // each brings a turn of the claimer
    post.engine->Wake();
  }
  answer = true;
  post.Run(51);
  CHECK(post.ledger.Of("a@x.example").size() == 1);
}

TEST_CASE("No more is claimed than may be in flight, and connections stay within the limit") {
  Post post;
  post.options.claims.max_in_flight = 7;
  post.options.delivery.connections_per_destination = 3;
  for (int i = 0; i < 200; ++i) post.ledger.Add(i, "a@x.example");
  post.Run(200);
  CHECK(post.ledger.most_leased() <= 7);
  CHECK(post.mx.most_connections() <= 3);
  CHECK(post.mx.messages().size() == 200);
}

TEST_CASE("A lane grows to its limit when there is work, and no further than the server allows") {
  Post post;
  std::atomic<int> greeted{0};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line.empty() && ++greeted > 3 ? "421 4.7.0 too many connections from you" : "";
  });
  post.options.delivery.connections_per_destination = 10;
  for (int i = 0; i < 500; ++i) post.ledger.Add(i, "a@x.example");
  post.Run(500);
  CHECK(post.mx.messages().size() == 500);
  for (const auto& outcome : post.ledger.outcomes())
    CHECK(outcome.disposition == Disposition::kDelivered);
}

TEST_CASE("Options that make no sense are refused in words") {
  Post post;
  post.options.delivery.allow_networks = {"127.0.0.1/8"};
  CHECK_THROWS_WITH(DeliveryEngine(post.options, post.ledger, post.dns, post.clock),
                    "delivery.allow_networks: \"127.0.0.1/8\" is not a network such as 10.0.0.0/8");
  post.options.delivery.allow_networks.clear();
  post.options.delivery.route = "smarthost";
  CHECK_THROWS_WITH(DeliveryEngine(post.options, post.ledger, post.dns, post.clock),
                    "delivery.smarthost \"\" is not host:port");
}

TEST_CASE("Under faults of every kind nothing is lost, and only a lost final reply duplicates") {
  Post post;
  post.options.io_threads = 2;
  post.options.delivery.retry_schedule = {seconds(1)};
  post.options.lane_pause = milliseconds(1);
  post.options.first_rest = milliseconds(1);
  post.options.delivery.connections_per_destination = 4;
  std::atomic<unsigned> step{0};
  std::atomic<size_t> lost_replies{0};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    const unsigned number = ++step;
    if (line == "." && number % 29 == 0) {
      ++lost_replies;
      return FakeMx::kTakeAndDrop;
    }
    if (line == "." && number % 11 == 0) return "451 4.3.0 try again";
    if (line.empty() && number % 7 == 0) return number % 2 ? FakeMx::kDrop : "421 4.3.2 busy";
    if (line.starts_with("EHLO") && number % 13 == 0) return FakeMx::kDrop;
    if (line.starts_with("MAIL") && number % 17 == 0) return "451 4.3.0 later";
    if (line.starts_with("RCPT") && number % 19 == 0)
      return number % 2 ? "450 4.2.0 later" : FakeMx::kDrop;
    if (line == "DATA" && number % 23 == 0) return FakeMx::kDrop;
    return "";
  });
  constexpr int kMessages = 300;
  for (int i = 0; i < kMessages; ++i) {
    post.ledger.Add(i, "a" + std::to_string(i) + (i % 3 ? "@x.example" : "@y.example"),
                    std::chrono::hours(100));
    if (i % 5 == 0)
      post.ledger.Add(i, "b" + std::to_string(i) + "@x.example", std::chrono::hours(100));
  }
  post.Start();
  const auto all_gone = [&] { return post.ledger.waiting() == 0; };
  for (int round = 0; round < 20'000 && !post.ledger.WaitUntil(all_gone, milliseconds(1));
       ++round) {
    post.clock.Advance(seconds(2));
    post.engine->Wake();
  }
  REQUIRE(post.ledger.WaitUntil(all_gone));
  post.Stop();

  std::map<std::string, size_t> arrived;
  for (const auto& message : post.mx.messages()) {
    for (const auto& to : message.to) ++arrived[to];
  }
  CHECK(arrived.size() == kMessages + kMessages / 5);
  size_t duplicates = 0;
  for (const auto& [to, times] : arrived) duplicates += times - 1;
  CHECK(lost_replies > 0);
  CHECK(duplicates >= lost_replies);
  CHECK(duplicates <= 2 * lost_replies);  // a transaction here has at most two recipients
}

TEST_CASE("A paused destination gets no mail until it is resumed, and others do") {
  Post post;
  post.Start();
  post.engine->Pause("x.example");
  const int64_t held = post.ledger.Add(1, "a@x.example");
  post.ledger.Add(2, "b@y.example");
  post.Run(1);
  CHECK(post.Only("b@y.example").disposition == Disposition::kDelivered);
  CHECK(post.ledger.WaitUntil([&] { return post.ledger.leased() == 1; }));
  CHECK(Eventually([&] { return post.engine->in_flight() == 0; }));
  CHECK(post.mx.messages().size() == 1);
  post.clock.Advance(std::chrono::hours(24));  // it is not looked at again and again
  post.engine->Wake();
  post.ledger.Add(3, "c@y.example");
  post.Run(2);
  CHECK(post.ledger.most_leased() <= 2);
  CHECK(post.ledger.leased() == 1);
  post.engine->Resume("x.example");
  post.ledger.Release({held});
  post.Run(3);
  CHECK(post.Only("a@x.example").disposition == Disposition::kDelivered);
}

TEST_CASE("An operator sees a lane's trouble, and may have it tried again at once") {
  Post post;
  std::atomic<bool> refuse{true};
  post.mx.SetRule([&](const std::string& line) -> std::string {
    return line.empty() && refuse ? "554 5.7.1 go away" : "";
  });
  CHECK_FALSE((post.Start(), post.engine->Status("x.example")));
  post.ledger.Add(1, "a@x.example");
  post.Run(1);
  const auto outcome = post.ledger.outcomes()[0];
  CHECK(outcome.rule == "not-served");
  CHECK(outcome.dialogue.starts_with("= connecting to x.example [127.0.0.1]:"));
  CHECK(outcome.dialogue.find("< 554 5.7.1 go away\n") != std::string::npos);
  const auto is_down = [&](bool down) {
    const auto status = post.engine->Status("x.example");
    return status && (status->down_until != 0) == down;
  };
  REQUIRE(Eventually([&] { return is_down(true); }));
  CHECK(post.engine->Status("x.example")->last_reply == "554 5.7.1 go away");
  refuse = false;
  post.engine->Retry("x.example");
  REQUIRE(Eventually([&] { return is_down(false); }));
  post.clock.Advance(seconds(70));
  post.Run(2);
  const auto delivered = post.ledger.outcomes()[1];
  CHECK(delivered.disposition == Disposition::kDelivered);
  CHECK(delivered.dialogue.find("> MAIL FROM:<bounce@example.org>") != std::string::npos);
  CHECK(delivered.dialogue.find("> RCPT TO:<a@x.example>\n< 250") != std::string::npos);
  CHECK(delivered.dialogue.find("hello") == std::string::npos);
}

TEST_CASE("An operator's retry looks up again what was not found") {
  Post post;
  post.dns.Mx("w.example", 10, "x.example");
  post.dns.FailOnce("w.example", DnsType::kMx);
  post.ledger.Add(1, "a@w.example");
  post.Run(1);
  CHECK(post.Only("a@w.example").rule == "no-route-now");
  post.engine->Retry("w.example");
  post.clock.Advance(seconds(67));
  post.Run(2);
  CHECK(post.ledger.Of("a@w.example")[1].disposition == Disposition::kDelivered);
}

}  // namespace egd::queue
