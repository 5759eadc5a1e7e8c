#include "daemon/queue/delivery_engine.h"

#include <atomic>

#include <catch2/catch.hpp>

#include "shared/base/log.h"
#include "tests/unit/queue/fake_ledger.h"
#include "tests/unit/queue/fake_mx.h"
#include "tests/unit/smtp_client/fake_resolver.h"

namespace egd::queue {
namespace {

using core::Disposition;
using core::DnsType;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers at once, with what the test told it.
class FakePolicies : public mailauth::StsPolicies {
 public:
  void Find(const std::string& domain, Done done) override {
    const auto found = by_domain.find(domain);
    done(found == by_domain.end() ? nullptr : found->second);
  }
  void Add(const std::string& domain, mailauth::StsMode mode, std::vector<std::string> mx) {
    mailauth::StsPolicy policy;
    policy.mode = mode;
    policy.mx = std::move(mx);
    by_domain[domain] = std::make_shared<const mailauth::StsPolicy>(std::move(policy));
  }
  std::map<std::string, std::shared_ptr<const mailauth::StsPolicy>> by_domain;
};

// An engine with everything around it, ready to be told more before Start.
struct Post {
  Post() : ledger(clock) {
    log::Configure(log::Level::kError, log::Format::kText);
    options.hello_name = "gw.example.org";
    options.delivery.allow_networks = {"127.0.0.0/8"};
    options.delivery.mx_port = mx.port();
    options.delivery.retry_schedule = {seconds(60)};
    options.settle_retry = milliseconds(5);
    options.drain = seconds(5);
    dns.Address("x.example", "127.0.0.1");
    dns.Address("y.example", "127.0.0.1");
    dns.Address("z.example", "127.0.0.1");
  }

  void Start() {
    engine = std::make_unique<DeliveryEngine>(options, ledger, dns, clock, &policies);
    engine->Start();
  }
  void Stop() {
    engine->Interrupt();
    engine->Join();
  }
  // Starts, if need be, and returns what was recorded once `count` outcomes are.
  const FakeLedger::Outcomes& Run(size_t count) {
    if (!engine) Start();
    engine->Wake();
    REQUIRE(ledger.WaitForOutcomes(count));
    return ledger.outcomes();
  }
  core::DeliveryOutcome Only(const std::string& address) {
    const auto outcomes = ledger.Of(address);
    INFO(address);
    REQUIRE(outcomes.size() == 1);
    return outcomes[0];
  }

  TestClock clock;
  FakeMx mx;
  smtp_client::FakeResolver dns;
  FakeLedger ledger;
  FakePolicies policies;
  EngineOptions options;
  std::unique_ptr<DeliveryEngine> engine;  // ends first
};

// Whether `holds` becomes true within 20 s, which no test should need.
template <typename Condition>
bool Eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string Text(Disposition disposition) {
  switch (disposition) {
    case Disposition::kDelivered:
      return "delivered";
    case Disposition::kDeferred:
      return "deferred";
    case Disposition::kBounced:
      return "bounced";
  }
  return "";
}

std::string Text(const core::DeliveryOutcome& outcome) {
  return Text(outcome.disposition) + " " + outcome.bounce_class + "|" + outcome.smtp_response;
}

}  // namespace

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
  CHECK(post.engine->Status("x.example")->waits_for == "the server is rate-limiting us");
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

TEST_CASE(
    "Under an enforced policy no mail goes out in plain text, not even to a lane-mate's host") {
  Post post;
  for (const char* domain : {"enforced.example", "testing.example", "free.example"}) {
    post.dns.Mx(domain, 10, "x.example");
  }
  post.policies.Add("enforced.example", mailauth::StsMode::kEnforce, {"x.example"});
  post.policies.Add("testing.example", mailauth::StsMode::kTesting, {"other.example"});
  post.ledger.Add(1, "a@free.example");
  post.ledger.Add(1, "b@enforced.example");
  post.ledger.Add(1, "c@testing.example");
  post.Run(3);
  CHECK(post.Only("a@free.example").disposition == Disposition::kDelivered);
  const auto enforced = post.Only("b@enforced.example");
  CHECK(Text(enforced) == "deferred |MTA-STS: STARTTLS: TLS is required and not offered");
  CHECK(enforced.rule == "mta-sts");
  CHECK(enforced.mx_host == "x.example");
  CHECK(enforced.dialogue.find("= MTA-STS enforce: no TLS\n") == 0);
  CHECK(enforced.dialogue.find("MAIL FROM") == std::string::npos);
  const auto testing = post.Only("c@testing.example");
  CHECK(testing.disposition == Disposition::kDelivered);
  CHECK(testing.dialogue.find("= MTA-STS testing: x.example does not match\n") == 0);
  for (const auto& message : post.mx.messages()) {
    for (const auto& to : message.to) CHECK(to != "b@enforced.example");
  }
}

TEST_CASE("An enforced policy leaves only the exchangers it names") {
  Post post;
  FakeMx second("127.0.0.2", post.mx.port());
  post.dns.Mx("w.example", 10, "mx1.w.example");
  post.dns.Mx("w.example", 20, "mx2.elsewhere.example");
  post.dns.Address("mx1.w.example", "127.0.0.1");
  post.dns.Address("mx2.elsewhere.example", "127.0.0.2");
  post.policies.Add("w.example", mailauth::StsMode::kEnforce, {"*.elsewhere.example"});
  post.policies.Add("x.example", mailauth::StsMode::kEnforce, {"*.elsewhere.example"});
  post.ledger.Add(1, "a@w.example");
  post.ledger.Add(1, "b@x.example");
  post.Run(2);
  CHECK(post.Only("a@w.example").mx_host == "mx2.elsewhere.example");
  CHECK(post.mx.connections() == 0);
  CHECK(second.connections() == 1);
  const auto nowhere = post.Only("b@x.example");
  CHECK(Text(nowhere) == "deferred |MTA-STS: x.example does not match the policy");
  CHECK(nowhere.rule == "mta-sts");
  CHECK(nowhere.dialogue ==
        "= MTA-STS enforce: no server tried\n= MTA-STS: x.example does not match the policy\n");
}

TEST_CASE("A policy of mode none changes nothing, and a smarthost has no policy") {
  Post post;
  post.policies.Add("x.example", mailauth::StsMode::kNone, {});
  post.ledger.Add(1, "a@x.example");
  post.Run(1);
  CHECK(post.Only("a@x.example").disposition == Disposition::kDelivered);
  CHECK(post.Only("a@x.example").dialogue.find("MTA-STS") == std::string::npos);

  Post smarthost;
  smarthost.options.delivery.route = "smarthost";
  smarthost.options.delivery.smarthost = "127.0.0.1:" + std::to_string(smarthost.mx.port());
  smarthost.policies.Add("x.example", mailauth::StsMode::kEnforce, {"mx.example"});
  smarthost.ledger.Add(1, "a@x.example");
  smarthost.Run(1);
  CHECK(smarthost.Only("a@x.example").disposition == Disposition::kDelivered);
}

TEST_CASE("Exchangers that are found at the second look only do not slip by the policy") {
  Post post;
  post.dns.Mx("w.example", 10, "x.example");
  post.dns.FailOnce("w.example", DnsType::kMx);
  post.policies.Add("w.example", mailauth::StsMode::kEnforce, {"mx.elsewhere.example"});
  post.ledger.Add(1, "a@w.example");
  post.Run(1);
  CHECK(post.Only("a@w.example").rule == "no-route-now");
  CHECK(post.mx.connections() == 0);
}

}  // namespace egd::queue
