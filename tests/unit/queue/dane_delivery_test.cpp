#include "tests/unit/queue/post.h"

namespace egd::queue {
namespace {

const std::string kRecord = std::string("\3\1\1", 3) + std::string(32, 'd');

// Both domains have the exchanger x.example; only the MX of one is secure.
struct DanePost : Post {
  DanePost() {
    options.delivery.dane = true;
    dns.Mx("secure.example", 10, "x.example");
    dns.Mx("insecure.example", 10, "x.example");
    dns.Secure("secure.example", DnsType::kMx);
    dns.Secure("x.example", DnsType::kA);
    dns.Tlsa(Tlsa(), kRecord);
    dns.Secure(Tlsa(), DnsType::kTlsa);
  }
  std::string Tlsa() const { return "_" + std::to_string(mx.port()) + "._tcp.x.example"; }
};

}  // namespace

TEST_CASE(
    "Where DANE asks for TLS nothing goes out without, though the same host takes others' mail") {
  DanePost post;
  post.ledger.Add(1, "a@secure.example");
  post.ledger.Add(1, "b@insecure.example");
  post.Run(2);
  CHECK(post.Only("b@insecure.example").disposition == Disposition::kDelivered);
  const auto waits = post.Only("a@secure.example");
  CHECK(Text(waits) == "deferred |DANE: STARTTLS: TLS is required and not offered");
  CHECK(waits.rule == "dane");
  CHECK(waits.dialogue.find("= DANE: no TLS\n") == 0);
  REQUIRE(waits.tls_sessions.size() == 1);
  CHECK(waits.tls_sessions[0].policy == "tlsa");
  for (const auto& message : post.mx.messages()) {
    for (const auto& to : message.to) CHECK(to != "a@secure.example");
  }
}

TEST_CASE("Mail waits while nobody can say what DANE asks, and no MTA-STS policy changes that") {
  DanePost post;
  post.policies.Add("secure.example", mailauth::StsMode::kNone, {});
  post.dns.Fail(post.Tlsa(), DnsType::kTlsa);
  post.ledger.Add(1, "a@secure.example");
  post.Run(1);
  const auto waits = post.Only("a@secure.example");
  CHECK(Text(waits) == "deferred |DANE: looking up the TLSA records of x.example failed: SERVFAIL");
  CHECK(waits.rule == "dane");
  CHECK(post.mx.connections() == 0);
}

TEST_CASE("Without delivery.dane nobody asks for TLSA records") {
  DanePost post;
  post.options.delivery.dane = false;
  post.dns.Fail(post.Tlsa(), DnsType::kTlsa);
  post.ledger.Add(1, "a@secure.example");
  post.Run(1);
  CHECK(post.Only("a@secure.example").disposition == Disposition::kDelivered);
}

TEST_CASE("An MTA-STS policy has no say in an exchanger under DANE") {
  DanePost post;
  post.policies.Add("secure.example", mailauth::StsMode::kEnforce, {"other.example"});
  post.ledger.Add(1, "a@secure.example");
  post.Run(1);
  CHECK(Text(post.Only("a@secure.example")) ==
        "deferred |DANE: STARTTLS: TLS is required and not offered");
}

}  // namespace egd::queue
