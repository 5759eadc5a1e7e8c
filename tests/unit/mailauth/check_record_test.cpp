#include "daemon/mailauth/check_record.h"

#include <map>

#include <catch2/catch.hpp>

namespace egd::mailauth {
namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;
using Zone = std::map<std::string, std::vector<std::string>>;

FetchTxt From(Zone zone) {
  return [zone = std::move(zone)](const std::string& name) {
    const auto found = zone.find(name);
    if (found == zone.end()) return core::DnsAnswer{core::DnsStatus::kTempError, {}, {}, "refused"};
    return core::DnsAnswer{core::DnsStatus::kFound, found->second, {}, {}};
  };
}

core::DnsRecord Record(const std::string& host, const std::string& type, const std::string& value) {
  core::DnsRecord record;
  record.host = host;
  record.type = type;
  record.value = value;
  return record;
}

core::DnsRecord Judged(core::DnsRecord record, std::vector<std::string> values,
                       const Zone& zone = {}) {
  CheckRecord(record, {core::DnsStatus::kFound, std::move(values), {}, {}}, From(zone), kNow);
  return record;
}

bool Passes(const core::DnsRecord& record, std::vector<std::string> values, const Zone& zone = {}) {
  return Judged(record, std::move(values), zone).status == core::RecordStatus::kPass;
}

core::DnsRecord Spf() {
  return Record("example.com", "TXT", "v=spf1 include:spf.gw.example ~all");
}
core::DnsRecord Dkim() {
  return Record("eg1._domainkey.example.com", "TXT", "v=DKIM1; k=rsa; p=TUlJQklqQU5CZ2txaGtp");
}
core::DnsRecord Dmarc() {
  return Record("_dmarc.example.com", "TXT", "v=DMARC1; p=none");
}

}  // namespace

TEST_CASE("Missing and wrong records fail, a silent DNS is a temporary error") {
  core::DnsRecord record = Record("sl.example.com", "CNAME", "mfrom.gw.example");
  CheckRecord(record, {core::DnsStatus::kNxDomain, {}, {}, {}}, From({}), kNow);
  CHECK(record.status == core::RecordStatus::kFail);
  CHECK(record.error == "sl.example.com does not exist in the DNS.");
  CHECK(record.last_checked_at == kNow);
  CheckRecord(record, {core::DnsStatus::kNoData, {}, {}, {}}, From({}), kNow + 1);
  CHECK(record.status == core::RecordStatus::kFail);
  CHECK(record.error == "sl.example.com has no CNAME record.");
  CheckRecord(record, {core::DnsStatus::kTempError, {}, {}, "time-out"}, From({}), kNow + 2);
  CHECK(record.status == core::RecordStatus::kTempError);
  CHECK(record.error == "The DNS did not answer for sl.example.com: time-out.");
  CHECK(record.last_checked_at == kNow + 2);
}

TEST_CASE("A CNAME ignores case and the trailing dot") {
  const auto record = Record("sl.example.com", "CNAME", "mfrom.gw.example");
  CHECK(Passes(record, {"MFROM.gw.Example."}));
  const auto wrong = Judged(record, {"other.example"});
  CHECK(wrong.status == core::RecordStatus::kFail);
  CHECK(wrong.found == "other.example");
  CHECK(wrong.error ==
        "sl.example.com points at other.example; it has to point at mfrom.gw.example.");
}

TEST_CASE("A pass clears what an earlier check said") {
  auto record = Record("sl.example.com", "CNAME", "mfrom.gw.example");
  record.error = "old";
  CHECK(Judged(record, {"mfrom.gw.example"}).error.empty());
}

TEST_CASE("SPF passes with our include, whatever else is there") {
  CHECK(Passes(Spf(), {"v=spf1 include:spf.gw.example ~all"}));
  CHECK(Passes(Spf(), {"V=SPF1  MX ip4:192.0.2.0/24 +Include:SPF.gw.example. -ALL"}));
  CHECK(Passes(Spf(), {"google-site-verification=x", "v=spf1 include:spf.gw.example"}));
  CHECK(Passes(Spf(), {"v=spf1 include:spf.gw.example exp=why.example.com x-new=%{d} ?all"}));
  CHECK(Passes(Spf(), {"v=spf1 ip6:2001:db8::/32 a/24 a:b.example/24//64 include:spf.gw.example"}));
}

TEST_CASE("SPF fails without our include, or where it has no effect") {
  CHECK_FALSE(Passes(Spf(), {"v=spf1 mx -all"}));
  CHECK_FALSE(Passes(Spf(), {"v=spf1 -include:spf.gw.example"}));
  CHECK_FALSE(Passes(Spf(), {"v=spf1 ~include:spf.gw.example"}));
  CHECK_FALSE(Passes(Spf(), {"v=spf1 -all include:spf.gw.example"}));
  CHECK_FALSE(Passes(Spf(), {"v=spf1 include:notspf.gw.example"}));
  CHECK_FALSE(Passes(Spf(), {"v=spf10 include:spf.gw.example"}));
  CHECK_FALSE(Passes(Spf(), {"something else"}));
  CHECK(Judged(Spf(), {"v=spf1 mx"}).error ==
        "The SPF record of example.com lacks include:spf.gw.example.");
  CHECK(Judged(Spf(), {"x"}).error == "example.com has no SPF record.");
}

TEST_CASE("SPF fails when receivers would call the record broken") {
  const std::string good = "v=spf1 include:spf.gw.example ~all";
  CHECK_FALSE(Passes(Spf(), {good, good}));
  for (const auto* term : {"foo", "ip4:1.2.3", "ip4:1.2.3.4/33", "ip4:1.2.3.4/x", "ip6:1.2.3.4",
                           "include", "include:", "all:x", "exists", "-", "+",
                           "mx:", "redirect=a.example redirect=b.example", "redirect="}) {
    CAPTURE(term);
    CHECK_FALSE(Passes(Spf(), {std::string("v=spf1 include:spf.gw.example ") + term}));
  }
}

TEST_CASE("SPF counts the look-ups of receivers through includes and redirects") {
  const std::string ours = "v=spf1 include:spf.gw.example ";
  CHECK(Passes(Spf(), {ours + "a mx ptr exists:x.example a:1.example a:2.example a:3.example "
                              "a:4.example a:5.example -all"}));  // 10
  CHECK_FALSE(Passes(Spf(), {ours + "a mx ptr exists:x.example a:1.example a:2.example "
                                    "a:3.example a:4.example a:5.example mx:6.example -all"}));
  const Zone nested = {
      {"big.example", {"other", "v=spf1 a mx a:1.example a:2.example a:3.example"}},
      {"more.example", {"v=spf1 a mx ip4:192.0.2.1"}}};
  CHECK(Passes(Spf(), {ours + "include:big.example mx"}, nested));                     // 1 + 6 + 1
  CHECK(Passes(Spf(), {ours + "include:big.example redirect=more.example"}, nested));  // 10
  CHECK_FALSE(Passes(Spf(), {ours + "include:big.example mx redirect=more.example"}, nested));
  CHECK(Passes(Spf(), {ours + "include:big.example mx -all redirect=more.example"}, nested));
  CHECK(Judged(Spf(), {ours + "include:big.example include:big.example"}, nested).error ==
        "The SPF record of example.com needs more than 10 DNS lookups; receivers stop there.");
}

TEST_CASE("SPF loops end, and branches that cannot be seen count as one look-up") {
  const std::string ours = "v=spf1 include:spf.gw.example ";
  int fetched = 0;
  const FetchTxt loop = [&](const std::string&) {
    ++fetched;
    return core::DnsAnswer{
        core::DnsStatus::kFound, {"v=spf1 include:loop.example include:loop.example"}, {}, {}};
  };
  core::DnsRecord record = Spf();
  CheckRecord(record, {core::DnsStatus::kFound, {ours + "include:loop.example"}, {}, {}}, loop,
              kNow);
  CHECK(record.status == core::RecordStatus::kFail);
  CHECK(fetched <= kMaxSpfLookups);
  CHECK(Passes(Spf(),
               {ours + "include:gone.example include:%{i}._spf.example redirect=gone.example"}));
  CHECK(
      Passes(Spf(), {ours + "include:broken.example"}, {{"broken.example", {"v=spf1 nonsense"}}}));
}

TEST_CASE("An operator's own SPF value may ask for more than an include") {
  const auto record = Record("example.com", "TXT", "v=spf1 ip4:192.0.2.1 a:out.gw.example -all");
  CHECK(Passes(record, {"v=spf1 mx a:OUT.gw.example ip4:192.0.2.1 ~all"}));
  CHECK_FALSE(Passes(record, {"v=spf1 ip4:192.0.2.1 -all"}));
}

TEST_CASE("DKIM compares the key, not the text") {
  CHECK(Passes(Dkim(), {"v=DKIM1; k=rsa; p=TUlJQklqQU5CZ2txaGtp"}));
  CHECK(Passes(Dkim(), {"v=DKIM1;p=TUlJQklq QU5CZ2tx\taGtp ;"}));
  CHECK(Passes(Dkim(), {" p = TUlJQklqQU5CZ2txaGtp"}));
  CHECK(Passes(Dkim(), {"v=DKIM1; h=sha1:sha256; s=email; t=s; n=note; p=TUlJQklqQU5CZ2txaGtp"}));
  CHECK(Passes(Dkim(), {"unrelated", "v=DKIM1; p=TUlJQklqQU5CZ2txaGtp"}));
}

TEST_CASE("DKIM fails for another, a revoked or an unusable key") {
  const std::string key = "p=TUlJQklqQU5CZ2txaGtp";
  CHECK(Judged(Dkim(), {"v=DKIM1; p=TUlJQklqQU5CZ2txaGtq"}).error ==
        "The DKIM record of eg1._domainkey.example.com holds another key.");
  CHECK(Judged(Dkim(), {"v=DKIM1; p="}).error.find("which revokes the key") != std::string::npos);
  CHECK(Judged(Dkim(), {"v=DKIM1; k=rsa"}).error.find("has no p= tag") != std::string::npos);
  const std::vector<std::string> bad_records = {"v=DKIM1; p=",
                                                "v=DKIM1; k=rsa",
                                                "nothing",
                                                "",
                                                "v=DKIM1; k=ed25519; " + key,
                                                "v=DKIM1; h=sha1; " + key,
                                                "v=DKIM1; s=tlsrpt; " + key,
                                                "v=DKIM2; " + key,
                                                key + "; v=DKIM1",
                                                key + "; " + key,
                                                "v=DKIM1; p=T*UlJQklqQU5CZ2txaGtp",
                                                "\"v=DKIM1; " + key + "\""};
  for (const auto& bad : bad_records) {
    CAPTURE(bad);
    CHECK_FALSE(Passes(Dkim(), {bad}));
  }
  CHECK_FALSE(Passes(Dkim(), {"v=DKIM1; " + key, "v=DKIM1; " + key}));
}

TEST_CASE("DMARC passes with any valid policy") {
  for (const auto* good : {"v=DMARC1; p=none", "v=DMARC1;p=reject;", "v = DMARC1 ; p = Quarantine",
                           "v=DMARC1; p=reject; sp=none; rua=mailto:a@example.com; pct=50"}) {
    CAPTURE(good);
    CHECK(Passes(Dmarc(), {good}));
  }
  for (const auto* bad :
       {"v=DMARC1", "v=DMARC1; p=", "v=DMARC1; p=maybe", "p=none; v=DMARC1", "v=dmarc1; p=none",
        "v=DMARC1; p=none; sp=x", "v=DMARC1; p=none; p=none", "v=DMARC12; p=none", "x"}) {
    CAPTURE(bad);
    CHECK_FALSE(Passes(Dmarc(), {bad}));
  }
  CHECK(Passes(Dmarc(), {"other", "v=DMARC1; p=none"}));
  CHECK_FALSE(Passes(Dmarc(), {"v=DMARC1; p=none", "v=DMARC1; p=none"}));
}

TEST_CASE("Other TXT, MX and address records: one of them is ours") {
  CHECK(Passes(Record("example.com", "TXT", "owner=7"), {"x", "owner=7"}));
  CHECK_FALSE(Passes(Record("example.com", "TXT", "owner=7"), {"OWNER=7"}));
  CHECK(Passes(Record("example.com", "A", "192.0.2.1"), {"192.0.2.9", "192.0.2.1"}));
  CHECK_FALSE(Passes(Record("example.com", "A", "192.0.2.1"), {"192.0.2.10"}));
  CHECK_FALSE(Passes(Record("example.com", "A", "nonsense"), {"192.0.2.10"}));
  CHECK(Passes(Record("example.com", "AAAA", "2001:DB8:0::1"), {"2001:db8::1"}));
}

TEST_CASE("An MX record is compared with its preference when we name one") {
  const core::DnsAnswer answer{
      core::DnsStatus::kFound, {"other.example", "MX.gw.example"}, {5, 10}, {}};
  const auto judged = [&](const std::string& value) {
    core::DnsRecord record = Record("example.com", "MX", value);
    CheckRecord(record, answer, From({}), kNow);
    return record.status == core::RecordStatus::kPass;
  };
  CHECK(judged("10 mx.gw.example."));
  CHECK(judged("mx.gw.example"));
  CHECK_FALSE(judged("5 mx.gw.example"));
  CHECK_FALSE(judged("gw.example"));
}

TEST_CASE("What the DNS says is printable and bounded before anybody sees it") {
  const auto record = Judged(Record("example.com", "TXT", "x"), {std::string("a\r\n\x1b\0b", 6)});
  CHECK(record.found == "a\\x0d\\x0a\\x1b\\x00b");
  CHECK(Judged(Record("example.com", "TXT", "x"), {std::string(60'000, 'y')}).found.size() == 1000);
  std::string wide = "y";
  for (int i = 0; i < 1000; ++i) wide += "ü";
  CHECK(Judged(Record("example.com", "TXT", "x"), {wide}).found.size() == 999);
}

TEST_CASE("A record of a type that has no question fails") {
  CHECK(Judged(Record("example.com", "SRV", "x"), {"x"}).error ==
        "Records of type SRV cannot be checked.");
}

}  // namespace egd::mailauth
