#include "daemon/mailauth/mta_sts.h"

#include <catch2/catch.hpp>

namespace egd::mailauth {
namespace {

std::string Policy(const std::string& lines) {
  return "version: STSv1\n" + lines;
}

std::string Refusal(const std::string& text) {
  const auto policy = ParseStsPolicy(text);
  REQUIRE_FALSE(policy);
  CHECK(policy.error().kind == ErrorKind::kUnprocessable);
  return policy.error().public_text;
}

}  // namespace

TEST_CASE("A domain's record gives the policy's id") {
  CHECK(FindStsId({"v=STSv1; id=20160831085700Z;"}) == "20160831085700Z");
  CHECK(FindStsId({"v=STSv1;id=1"}) == "1");
  CHECK(FindStsId({"v=STSv1 ;\tid=a1 ; news=x"}) == "a1");
  CHECK(FindStsId({"v=spf1 -all", "v=STSv1; id=7;", "v=STSv10; id=8;"}) == "7");
  CHECK(FindStsId({"v=STSv1; id=" + std::string(32, 'x')}) == std::string(32, 'x'));
}

TEST_CASE("Without exactly one well-formed record there is no policy") {
  CHECK_FALSE(FindStsId({}));
  CHECK_FALSE(FindStsId({"v=STSv1; id=1;", "v=STSv1; id=1;"}));
  CHECK_FALSE(FindStsId({"v=STSv1"}));
  CHECK_FALSE(FindStsId({"v=STSv1;"}));
  CHECK_FALSE(FindStsId({"v=STSv1; id=;"}));
  CHECK_FALSE(FindStsId({"v=STSv1; id=a-b;"}));
  CHECK_FALSE(FindStsId({"v=STSv1; id=" + std::string(33, 'x')}));
  CHECK_FALSE(FindStsId({"V=stsv1; id=1;"}));
  CHECK_FALSE(FindStsId({"id=1; v=STSv1;"}));
}

TEST_CASE("A policy is read with either line end") {
  for (const std::string end : {"\n", "\r\n"}) {
    const auto policy =
        ParseStsPolicy("version: STSv1" + end + "mode: enforce" + end + "mx: Mail.Example.com" +
                       end + "mx:*.example.net  " + end + "max_age: 604800" + end);
    REQUIRE(policy);
    CHECK(policy->mode == StsMode::kEnforce);
    CHECK(policy->mx == std::vector<std::string>{"mail.example.com", "*.example.net"});
    CHECK(policy->max_age_s == 604800);
  }
}

TEST_CASE("A key given twice counts as first given, unknown keys do not count") {
  const auto policy = ParseStsPolicy(
      Policy("mode: testing\nmode: enforce\nmax_age: 10\nmax_age: 20\nx_y.z: a: b\nmx: a.example"));
  REQUIRE(policy);
  CHECK(policy->mode == StsMode::kTesting);
  CHECK(policy->max_age_s == 10);
}

TEST_CASE("A policy of mode none needs no mx, the others do") {
  CHECK(ParseStsPolicy(Policy("mode: none\nmax_age: 0")));
  CHECK(Refusal(Policy("mode: testing\nmax_age: 1")) == "names no mx");
  CHECK(Refusal(Policy("mode: enforce\nmax_age: 1")) == "names no mx");
}

TEST_CASE("What is no policy is refused") {
  CHECK(Refusal("") == "is not of version STSv1");
  CHECK(Refusal("version: STSv2\nmode: none\nmax_age: 1") == "is not of version STSv1");
  CHECK(Refusal("<html>\n") == "has a line that is not key: value");
  CHECK(Refusal(Policy("max_age: 1\nmx: a.example")) == "has no mode that is known");
  CHECK(Refusal(Policy("mode: enforced\nmax_age: 1")) == "has no mode that is known");
  for (const std::string age : {"", "-1", "1d", "31557601", "99999999999999999999"}) {
    CHECK(Refusal(Policy("mode: none\nmax_age: " + age)) == "has no valid max_age");
  }
  CHECK(Refusal(Policy("mode: none")) == "has no valid max_age");
  for (const std::string mx : {"", "*", "*.", "a.*.example", "*.*.example", "192.0.2.1", "a b"}) {
    CHECK(Refusal(Policy("mode: enforce\nmax_age: 1\nmx: " + mx)) ==
          "has an mx that is not a host name or *.name");
  }
  CHECK(Refusal(Policy("mode: none\nmax_age: 1\nx: " + std::string(kMaxStsPolicyBytes, 'x'))) ==
        "is too long");
}

TEST_CASE("The longest age is a year") {
  CHECK(ParseStsPolicy(Policy("mode: none\nmax_age: 31557600")));
}

TEST_CASE("A wildcard stands for exactly one label, the left-most") {
  StsPolicy policy;
  policy.mx = {"mail.example.com", "*.example.net"};
  CHECK(policy.Names("mail.example.com"));
  CHECK(policy.Names("mx1.example.net"));
  CHECK_FALSE(policy.Names("example.net"));
  CHECK_FALSE(policy.Names("a.mx1.example.net"));
  CHECK_FALSE(policy.Names("evilexample.net"));
  CHECK_FALSE(policy.Names(".example.net"));
  CHECK_FALSE(policy.Names("a.mail.example.com"));
  CHECK_FALSE(policy.Names("mail.example.com.evil.example"));
  CHECK_FALSE(policy.Names(""));
}

}  // namespace egd::mailauth
