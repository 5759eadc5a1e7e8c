#include "tests/unit/queue/post.h"

namespace egd::queue {

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
