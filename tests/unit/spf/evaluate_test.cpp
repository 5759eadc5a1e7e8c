#include "shared/spf/evaluate.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

namespace egd::spf {
namespace {

using Outcome = Verdict::Outcome;
using Status = Answer::Status;

constexpr char kNeeded[] = "v=spf1 include:spf.gw.example ~all";

// TXT records by name, MX counts, names with an address; what is not there is void.
struct Zone {
  std::map<std::string, std::vector<std::string>> txt = {};
  std::map<std::string, size_t> exchanges = {};
  std::set<std::string> hosts = {};
  std::set<std::string> silent = {};

  Answer operator()(const std::string& name, Question question) const {
    if (silent.contains(name)) return {Status::kTempError, {}, "no answer in time"};
    if (question == Question::kTxt && txt.contains(name)) return {Status::kFound, txt.at(name)};
    if (question == Question::kMx && exchanges.contains(name)) {
      return {Status::kFound, std::vector<std::string>(exchanges.at(name), "mx.example")};
    }
    if (question == Question::kA && hosts.contains(name)) return {Status::kFound, {"192.0.2.1"}};
    return {Status::kVoid};
  }
};

Zone With(std::map<std::string, std::vector<std::string>> txt) {
  txt.try_emplace("spf.gw.example", std::vector<std::string>{"v=spf1 ip4:192.0.2.9 -all"});
  return {.txt = std::move(txt),
          .exchanges = {{"example.com", 1}},
          .hosts = {"example.com", "h.example", "five.example"}};
}

Verdict Of(const std::string& terms, const Zone& zone = With({}),
           const std::string& needed = kNeeded) {
  return Evaluate("example.com", "v=spf1 " + terms, needed, zone);
}

std::string Times(int count, const std::string& term) {
  std::string terms;
  for (int i = 0; i < count; ++i) terms += term + " ";
  return terms;
}

}  // namespace

TEST_CASE("The include is reached directly, nested and by redirect") {
  const Zone zone = With({{"a.example", {"other", "v=spf1 a include:spf.gw.example -all"}},
                          {"b.example", {"v=spf1 include:a.example ?all"}},
                          {"example.com.spf.example", {"v=spf1 redirect=b.example"}}});
  for (const char* terms :
       {"include:spf.gw.example", "mx a Include:SPF.gw.Example. -all", "include:a.example -all",
        "include:b.example", "redirect=a.example", "ip4:192.0.2.0/24 redirect=%{d}.spf.example.",
        "redirect=spf.gw.example", "include:spf.gw.example redirect=none.example -all"}) {
    CAPTURE(terms);
    CHECK(Of(terms, zone).outcome == Outcome::kPass);
  }
}

TEST_CASE(
    "The include is missing where receivers do not come to it, or it does not let the sender "
    "pass") {
  const Zone zone = With({{"a.example", {"v=spf1 include:spf.gw.example -all"}},
                          {"n.example", {"v=spf1 ?include:spf.gw.example"}}});
  for (const char* terms : {"mx -all", "", "-all include:spf.gw.example", "all redirect=a.example",
                            "-include:spf.gw.example", "~include:a.example", "?include:a.example",
                            "include:n.example", "include:notspf.gw.example.%{i}"}) {
    CAPTURE(terms);
    CHECK(Of(terms, zone).outcome == Outcome::kMissing);
  }
  CHECK(Of("mx -all").reason == "lacks include:spf.gw.example");
  CHECK(Of("-all include:spf.gw.example").reason ==
        "has include:spf.gw.example after \"all\", where receivers stop reading");
  CHECK(Of("?include:spf.gw.example").reason ==
        "has include:spf.gw.example where it does not let the gateway send: every qualifier on the "
        "way has to be \"+\"");
}

TEST_CASE("Networks are reached by those that contain them, hosts by their expanded name") {
  const auto passes = [](const std::string& terms, const std::string& needed) {
    return Of(terms, With({}), needed).outcome == Outcome::kPass;
  };
  CHECK(passes("ip4:192.0.2.1/24", "v=spf1 ip4:192.0.2.9 -all"));
  CHECK(passes("ip6:2001:DB8:0::/33", "v=spf1 ip6:2001:db8::7"));
  CHECK_FALSE(passes("ip4:192.0.2.8/31", "v=spf1 ip4:192.0.2.10"));
  CHECK_FALSE(passes("ip4:192.0.2.9", "v=spf1 ip4:192.0.2.0/24"));
  CHECK_FALSE(passes("ip6:2001:db8:8000::/33", "v=spf1 ip6:2001:db8::7"));
  CHECK(passes("a", "v=spf1 a:example.com"));
  CHECK(passes("a:h.example/24", "v=spf1 a:h.example"));
  CHECK_FALSE(passes("a:h.example", "v=spf1 a:h.example/24"));
  CHECK_FALSE(passes("ip4:192.0.2.9", "v=spf1 ip4:192.0.2.9 a:h.example"));
}

TEST_CASE("Whatever makes receivers answer permerror fails, wherever the include is") {
  const Zone zone = With({{"none.example", {"hello"}},
                          {"two.example", {"v=spf1 -all", "v=spf1 -all"}},
                          {"bad.example", {"v=spf1 a/33"}},
                          {"deep.example", {"v=spf1 include:bad.example"}},
                          {"loop.example", {"v=spf1 include:pool.example"}},
                          {"pool.example", {"v=spf1 include:loop.example"}}});
  for (const char* terms :
       {"moo", "include:none.example", "include:nowhere.example", "include:two.example",
        "include:bad.example", "include:deep.example", "redirect=none.example",
        "redirect=nowhere.example", "include:loop.example", "redirect=bad.example",
        "a:mail.example..com", "include:a..example", "-all a/33"}) {
    CAPTURE(terms);
    CHECK(Of("include:spf.gw.example " + std::string(terms), zone).outcome == Outcome::kPermError);
  }
  CHECK(Of("include:none.example include:spf.gw.example", zone).reason ==
        "none.example has no SPF record, and the evaluation leads there");
  CHECK(Of("include:deep.example", zone).reason ==
        "the SPF record of bad.example is malformed: \"a/33\" has a prefix length that is not 0 to "
        "32");
}

TEST_CASE("Ten terms may need look-ups, through includes and redirects, and eleven are too many") {
  const Zone zone =
      With({{"five.example", {"v=spf1 " + Times(5, "a")}}, {"example.com.x", {"v=spf1 a"}}});
  CHECK(Of("include:spf.gw.example " + Times(9, "a")).outcome == Outcome::kPass);
  CHECK(Of("include:spf.gw.example " + Times(10, "a")).outcome == Outcome::kPermError);
  CHECK(Of("include:spf.gw.example include:five.example a a a", zone).outcome == Outcome::kPass);
  CHECK(Of("include:spf.gw.example include:five.example a a a a", zone).outcome ==
        Outcome::kPermError);
  CHECK(Of("include:spf.gw.example a a redirect=five.example", zone).lookups == 9);
  CHECK(
      Of("include:spf.gw.example ptr exists:%{i}.x mx ip4:192.0.2.1 ip6:::1 exp=none.example -all")
          .lookups == 4);
  CHECK(Of(Times(11, "a") + "include:spf.gw.example").reason ==
        "it needs more than 10 DNS lookups, where receivers give up");
}

TEST_CASE("The look-ups of the gateway's own record count, its errors are not the domain's") {
  const Zone many = With({{"spf.gw.example", {"v=spf1 a:h.example a:h.example -all"}}});
  CHECK(Of("include:spf.gw.example " + Times(7, "a"), many).outcome == Outcome::kPass);
  CHECK(Of("include:spf.gw.example " + Times(8, "a"), many).outcome == Outcome::kPermError);
  for (const auto& records : {std::vector<std::string>{}, {"v=spf1 a/33"}, {"v=spf1", "v=spf1"}}) {
    CHECK(Of("include:spf.gw.example include:spf.gw.example -all",
             With({{"spf.gw.example", records}}))
              .outcome == Outcome::kPass);
  }
}

TEST_CASE("Two look-ups may find nothing, and three are too many") {
  CHECK(Of("include:spf.gw.example a:v1.example exists:v2.example").outcome == Outcome::kPass);
  CHECK(Of("include:spf.gw.example a:v1.example mx:v2.example exists:v3.example").outcome ==
        Outcome::kPermError);
  CHECK(Of("include:spf.gw.example ptr:v1.example a:v2.example a:v3.example exp=v4.example")
            .outcome == Outcome::kPass);
}

TEST_CASE("A name may have ten MX records") {
  Zone zone = With({});
  zone.exchanges["big.example"] = 10;
  CHECK(Of("include:spf.gw.example mx:big.example", zone).outcome == Outcome::kPass);
  zone.exchanges["big.example"] = 11;
  CHECK(Of("include:spf.gw.example mx:big.example", zone).outcome == Outcome::kPermError);
}

TEST_CASE("A branch that cannot be seen is temporary, unless the include comes before it") {
  Zone zone = With({{"bad.example", {"v=spf1 a/33"}}});
  zone.silent = {"silent.example"};
  CHECK(Of("include:silent.example include:spf.gw.example", zone).outcome == Outcome::kTempError);
  CHECK(Of("mx:silent.example include:spf.gw.example", zone).outcome == Outcome::kTempError);
  CHECK(Of("include:spf.gw.example include:silent.example", zone).outcome == Outcome::kPass);
  CHECK(Of("include:silent.example -all", zone).outcome == Outcome::kTempError);
  CHECK(Of("include:silent.example -all", zone).reason ==
        "the DNS did not answer for silent.example: no answer in time");
  CHECK(Of("include:silent.example include:bad.example", zone).outcome == Outcome::kPermError);
}

TEST_CASE("One walk asks for everything that no other answer leads to") {
  Zone zone = With({});
  zone.silent = {"a.example", "b.example", "c.example", "d.example"};
  std::set<std::string> asked;
  const LookUp look_up = [&](const std::string& name, Question question) {
    asked.insert(name);
    return zone(name, question);
  };
  Evaluate("example.com",
           "v=spf1 include:a.example mx:b.example include:c.example redirect=d.example", kNeeded,
           look_up);
  CHECK(asked == zone.silent);
}

TEST_CASE("The gateway's own record is there, single and fit to be evaluated") {
  CHECK(CheckOwn("spf.gw.example", With({})).outcome == Outcome::kPass);
  CHECK(CheckOwn("none.gw.example", With({})).reason ==
        "none.gw.example has no SPF record, and the evaluation leads there");
  CHECK(CheckOwn("spf.gw.example", With({{"spf.gw.example", {"v=spf1 ip4:1.2.3"}}})).outcome ==
        Outcome::kPermError);
  Zone zone = With({});
  zone.silent = {"spf.gw.example"};
  CHECK(CheckOwn("spf.gw.example", zone).outcome == Outcome::kTempError);
}

}  // namespace egd::spf
