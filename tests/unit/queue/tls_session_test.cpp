#include "daemon/queue/tls_session.h"

#include "tests/unit/queue/post.h"

namespace egd::queue {
namespace {

using smtp_client::Answer;
using smtp_client::Stage;
using smtp_client::Target;

const Answer kNotOffered = {Stage::kStartTls,
                            smtp::NoReply("4.7.10", "TLS is required and not offered")};
const Answer kHandshake = {Stage::kStartTls, smtp::NoReply("4.7.5", "handshake failed")};
const Answer kNoConnection = {Stage::kConnect, smtp::NoReply("4.4.1", "Connection refused")};
const std::string kVerified = "TLSv1.3 X verified";

Target TargetOf(bool dane, bool usable = true) {
  const auto address = core::IpAddress::Parse("127.0.0.1");
  Target target{"mx.example.net", *address, 25};
  core::TlsaSet set{"mx.example.net", {}};
  if (usable) set.usable.push_back({3, 1, 1, std::string(32, 'd')});
  if (dane) target.dane = std::make_shared<const core::TlsaSet>(set);
  return target;
}

mailauth::StsPolicy Policy(mailauth::StsMode mode, const std::string& mx = "mx.example.net") {
  mailauth::StsPolicy policy;
  policy.mode = mode;
  policy.mx = {mx};
  return policy;
}

// "sts|certificate-expired"; "-": not counted.
std::string Judged(const Target& target, const mailauth::StsPolicy* policy, const std::string& tls,
                   std::optional<Answer> failure = {}) {
  const auto session = JudgeSession(target, policy, tls, failure);
  return session ? session->policy + "|" + session->result : "-";
}

}  // namespace

TEST_CASE("What a connection says of its encryption, in the words of RFC 8460") {
  const Target plain = TargetOf(false), dane = TargetOf(true), unusable = TargetOf(true, false);
  const auto enforce = Policy(mailauth::StsMode::kEnforce), none = Policy(mailauth::StsMode::kNone);
  const auto testing = Policy(mailauth::StsMode::kTesting, "other.example.net");
  const auto unverified = [](const std::string& why) {
    return "TLSv1.3 X unverified (" + why + ")";
  };

  CHECK(Judged(plain, nullptr, kVerified) == "no-policy-found|");
  CHECK(Judged(plain, nullptr, unverified("self-signed certificate")) == "no-policy-found|");
  CHECK(Judged(plain, &none, kVerified) == "no-policy-found|");
  CHECK(Judged(plain, nullptr, "") == "no-policy-found|starttls-not-supported");
  CHECK(Judged(plain, nullptr, "", kHandshake) == "no-policy-found|validation-failure");
  CHECK(Judged(plain, nullptr, "", kNoConnection) == "-");

  CHECK(Judged(plain, &enforce, kVerified) == "sts|");
  CHECK(Judged(plain, &testing, kVerified) == "sts|validation-failure");
  CHECK(Judged(plain, &enforce, "", kNotOffered) == "sts|starttls-not-supported");
  CHECK(Judged(plain, &enforce, unverified("certificate has expired"), kHandshake) ==
        "sts|certificate-expired");
  CHECK(Judged(plain, &enforce, unverified("hostname mismatch"), kHandshake) ==
        "sts|certificate-host-mismatch");
  CHECK(Judged(plain, &enforce, unverified("self-signed certificate"), kHandshake) ==
        "sts|certificate-not-trusted");

  CHECK(Judged(dane, nullptr, kVerified) == "tlsa|");
  CHECK(Judged(dane, &testing, kVerified) == "tlsa|");
  CHECK(Judged(dane, &enforce, unverified("no matching DANE TLSA records"), kHandshake) ==
        "tlsa|validation-failure");
  CHECK(Judged(dane, nullptr, "", kNotOffered) == "tlsa|starttls-not-supported");
  CHECK(Judged(unusable, nullptr, unverified("self-signed certificate")) == "tlsa|");
}

TEST_CASE("A connection is told of once, with the first outcome it led to") {
  Post post;
  post.ledger.Add(1, "a@x.example");
  post.ledger.Add(2, "b@x.example");
  post.options.delivery.connections_per_destination = 1;
  post.Run(2);
  std::vector<core::TlsSession> sessions;
  for (const char* address : {"a@x.example", "b@x.example"}) {
    const auto outcome = post.Only(address);
    sessions.insert(sessions.end(), outcome.tls_sessions.begin(), outcome.tls_sessions.end());
  }
  CHECK(sessions.size() == post.mx.connections());
  REQUIRE_FALSE(sessions.empty());
  CHECK(sessions[0].policy == "no-policy-found");
  CHECK(sessions[0].result == "starttls-not-supported");
  CHECK(sessions[0].host == "x.example");
}

}  // namespace egd::queue
