#include "daemon/mailauth/check_record.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace egd::mailauth {
namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;
using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;
using Strings = std::vector<std::string>;

// What was published, by name and type. What was not does not exist, or the DNS says nothing.
struct Zone {
  std::map<std::pair<std::string, DnsType>, DnsAnswer> answers = {};
  std::set<std::string> silent = {};

  Zone& Set(const std::string& name, DnsType type, Strings values) {
    answers[{name, type}] = {DnsStatus::kFound, std::move(values), {}, {}};
    return *this;
  }
  DnsAnswer Answer(const mailauth::DnsQuestion& question) const {
    if (silent.contains(question.name)) return {DnsStatus::kTempError, {}, {}, "time-out"};
    const auto found = answers.find({question.name, question.type});
    return found == answers.end() ? DnsAnswer{DnsStatus::kNxDomain, {}, {}, {}} : found->second;
  }
};

core::DnsRecord Record(const std::string& host, const std::string& type, const std::string& value) {
  core::DnsRecord record;
  record.host = host;
  record.type = type;
  record.value = value;
  return record;
}

// Calls `check` until the zone has answered all that it wants; returns how often.
template <typename Check>
int Settle(const Zone& zone, DnsFacts& facts, Check check) {
  for (int rounds = 1;; ++rounds) {
    check();
    const auto wanted = facts.TakeWanted();
    if (wanted.empty()) return rounds;
    for (const auto& question : wanted) facts.Add(question, zone.Answer(question));
  }
}

core::DnsRecord Checked(core::DnsRecord record, const Zone& zone) {
  DnsFacts facts;
  Settle(zone, facts, [&] { CheckRecord(record, "example.com", facts, kNow); });
  return record;
}

DnsType TypeOf(const core::DnsRecord& record) {
  if (record.type == "CNAME") return DnsType::kCname;
  if (record.type == "A") return DnsType::kA;
  if (record.type == "AAAA") return DnsType::kAaaa;
  return DnsType::kTxt;
}

// With `values` at the record's own host.
core::DnsRecord Judged(const core::DnsRecord& record, Strings values, Zone zone = {}) {
  zone.answers.try_emplace({"spf.gw.example", DnsType::kTxt},
                           DnsAnswer{DnsStatus::kFound, {"v=spf1 ip4:192.0.2.9 -all"}, {}, {}});
  return Checked(record, zone.Set(record.host, TypeOf(record), std::move(values)));
}

bool Passes(const core::DnsRecord& record, Strings values, const Zone& zone = {}) {
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
  const core::DnsRecord record = Record("sl.example.com", "CNAME", "mfrom.gw.example");
  auto checked = Checked(record, {});
  CHECK(checked.status == core::RecordStatus::kFail);
  CHECK(checked.error == "sl.example.com does not exist in the DNS.");
  CHECK(checked.last_checked_at == kNow);
  Zone zone;
  zone.answers[{"sl.example.com", DnsType::kCname}] = {DnsStatus::kNoData, {}, {}, {}};
  checked = Checked(record, zone);
  CHECK(checked.status == core::RecordStatus::kFail);
  CHECK(checked.error == "sl.example.com has no CNAME record.");
  checked = Checked(record, {.silent = {"sl.example.com"}});
  CHECK(checked.status == core::RecordStatus::kTempError);
  CHECK(checked.error == "The DNS did not answer for sl.example.com: time-out.");
}

TEST_CASE("What is never answered is a temporary error with the reason for giving up") {
  DnsFacts facts;
  core::DnsRecord record = Record("sl.example.com", "CNAME", "mfrom.gw.example");
  CheckRecord(record, "example.com", facts, kNow);
  CHECK(facts.TakeWanted() == std::vector<DnsQuestion>{{"sl.example.com", DnsType::kCname}});
  CheckRecord(record, "example.com", facts, kNow);
  CHECK(facts.TakeWanted().empty());  // under way
  facts.GiveUp("no answer in time");
  CheckRecord(record, "example.com", facts, kNow);
  CHECK(record.status == core::RecordStatus::kTempError);
  CHECK(record.error == "The DNS did not answer for sl.example.com: no answer in time.");
}

TEST_CASE("A CNAME may reach its target through a chain of aliases") {
  const auto record = Record("sl.example.com", "CNAME", "mfrom.gw.example");
  Zone zone;
  zone.Set("a.example", DnsType::kCname, {"B.example"});
  zone.Set("b.example", DnsType::kCname, {"mfrom.gw.example"});
  const auto good = Judged(record, {"a.example"}, zone);
  CHECK(good.status == core::RecordStatus::kPass);
  CHECK(good.found == "a.example, B.example, mfrom.gw.example");
  zone.Set("b.example", DnsType::kCname, {"other.example"});
  CHECK(Judged(record, {"a.example"}, zone).error ==
        "sl.example.com points at a.example, which points at B.example, which points at "
        "other.example; it has to point at mfrom.gw.example.");
  zone.Set("b.example", DnsType::kCname, {"a.example"});
  CHECK(Judged(record, {"a.example"}, zone).status == core::RecordStatus::kFail);
  zone.silent = {"b.example"};
  CHECK(Judged(record, {"a.example"}, zone).status == core::RecordStatus::kTempError);
}

TEST_CASE("A zone name that was added twice is named") {
  Zone zone;
  zone.Set("sl.example.com.example.com", DnsType::kCname, {"mfrom.gw.example"});
  CHECK(Checked(Record("sl.example.com", "CNAME", "mfrom.gw.example"), zone).error ==
        "sl.example.com does not exist in the DNS. It is at sl.example.com.example.com: the zone's "
        "name was added twice. Enter \"sl\" as its name.");
  zone.Set("example.com.example.com", DnsType::kTxt, {"v=spf1 include:spf.gw.example ~all"});
  zone.Set("spf.gw.example", DnsType::kTxt, {"v=spf1 -all"});
  CHECK(Checked(Spf(), zone).error.ends_with("Enter \"@\" as its name."));
}

TEST_CASE("Addresses in place of a CNAME, and an alias in place of other records, are named") {
  Zone zone;
  zone.Set("sl.example.com", DnsType::kA, {"192.0.2.1"});
  CHECK(Checked(Record("sl.example.com", "CNAME", "mfrom.gw.example"), zone).error ==
        "sl.example.com does not exist in the DNS. It has addresses instead (192.0.2.1): a "
        "provider that proxies the record or flattens it (Cloudflare: \"Proxied\") has to be told "
        "to publish the CNAME itself (\"DNS only\").");
  zone.Set("_dmarc.example.com", DnsType::kCname, {"elsewhere.example"});
  CHECK(Checked(Dmarc(), zone).error ==
        "_dmarc.example.com has no DMARC record. It is an alias (CNAME) of elsewhere.example, and "
        "an alias has no records of its own.");
}

TEST_CASE("Quotation marks and backslashes in a value are named") {
  const std::string mistake =
      " has quotation marks or backslashes in its value; enter the value without them.";
  for (const std::string& value : {std::string("\"v=DKIM1; k=rsa; p=TUlJQklqQU5CZ2txaGtp\""),
                                   std::string("\"v=DKIM1; k=rsa; \" \"p=TUlJQklqQU5CZ2txaGtp\""),
                                   std::string("v=DKIM1\\; k=rsa\\; p=TUlJQklqQU5CZ2txaGtp"),
                                   std::string("\u201cv=DKIM1; p=TUlJQklqQU5CZ2txaGtp\u201d")}) {
    CAPTURE(value);
    CHECK(Judged(Dkim(), {value}).error ==
          "The DKIM record of eg1._domainkey.example.com" + mistake);
  }
  CHECK(Judged(Spf(), {"\"v=spf1 include:spf.gw.example -all\""}).error ==
        "The SPF record of example.com" + mistake);
  CHECK(Judged(Dmarc(), {"'v=DMARC1; p=none'"}).error ==
        "The DMARC record of _dmarc.example.com" + mistake);
  CHECK(Judged(Record("example.com", "TXT", "owner=7"), {"\"owner=7\""}).error ==
        "The TXT record of example.com" + mistake);
}

TEST_CASE("A key cut short says how much of it is there") {
  CHECK(Judged(Dkim(), {"v=DKIM1; k=rsa; p=TUlJQklqQU5C"}).error ==
        "The DKIM record of eg1._domainkey.example.com holds the key cut short, 12 of 20 "
        "characters: where a string may have 255, the value goes into several strings of one "
        "record.");
}

TEST_CASE("A text that only looks like an SPF record is named") {
  const auto checked = Judged(Spf(), {"v=spf1\tinclude:spf.gw.example -all"});
  CHECK(checked.error ==
        "example.com has no SPF record that receivers see: one begins with \"v=spf1\" and a space, "
        "or is \"v=spf1\" alone.");
  CHECK(checked.found == "v=spf1\\x09include:spf.gw.example -all");
}

TEST_CASE("DMARC of the organisational domain counts where the name has none") {
  const auto record = Record("_dmarc.mail.eu.example.com", "TXT", "v=DMARC1; p=none");
  Zone zone;
  zone.Set("_dmarc.example.com", DnsType::kTxt, {"v=DMARC1; p=reject"});
  const auto inherited = Checked(record, zone);
  CHECK(inherited.status == core::RecordStatus::kPass);
  CHECK(inherited.found == "v=DMARC1; p=reject (at _dmarc.example.com)");
  CHECK(Judged(record, {"v=DMARC1; p=x"}, zone).status == core::RecordStatus::kFail);
  zone.Set("_dmarc.example.com", DnsType::kTxt, {"v=DMARC1; p=x"});
  CHECK(Checked(record, zone).error ==
        "The DMARC record of _dmarc.example.com has a p= tag that is not none, quarantine or "
        "reject.");
  zone.silent = {"_dmarc.example.com"};
  CHECK(Checked(record, zone).status == core::RecordStatus::kTempError);
  Zone between;
  between.Set("_dmarc.eu.example.com", DnsType::kTxt, {"v=DMARC1; p=reject"});
  CHECK(Checked(record, between).status == core::RecordStatus::kFail);
  CHECK(Checked(Record("_dmarc.shop.example.co.uk", "TXT", "v=DMARC1; p=none"),
                Zone().Set("_dmarc.co.uk", DnsType::kTxt, {"v=DMARC1; p=none"}))
            .status == core::RecordStatus::kFail);
}

TEST_CASE("The operator's own set-up is warned about") {
  const auto warnings = [](const Zone& zone) {
    DnsFacts facts;
    Strings found;
    Settle(zone, facts, [&] { found = CheckGateway("spf.gw.example", "mfrom.gw.example", facts); });
    return found;
  };
  Zone good;
  good.Set("spf.gw.example", DnsType::kTxt, {"v=spf1 ip4:192.0.2.9 -all"});
  good.Set("mfrom.gw.example", DnsType::kAaaa, {"2001:db8::1"});
  CHECK(warnings(good).empty());
  CHECK(warnings({}) ==
        Strings{"The gateway's own SPF record does not work: spf.gw.example has no SPF record, and "
                "the evaluation leads there. The operator has to publish it at gateway.spf_host.",
                "Bounces cannot come back: the gateway's mail host mfrom.gw.example has neither an "
                "MX record nor an address. The operator has to publish them at "
                "gateway.mfrom_host."});
  good.Set("spf.gw.example", DnsType::kTxt, {"v=spf1 a/33"});
  CHECK(warnings(good).size() == 1);
  DnsFacts facts;
  CHECK(CheckGateway("", "", facts).empty());
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

TEST_CASE("SPF is evaluated as receivers do, and says what they stumble over") {
  Zone zone;
  zone.Set("nested.example", DnsType::kTxt, {"v=spf1 include:spf.gw.example -all"});
  CHECK(Passes(Spf(), {"v=spf1 redirect=nested.example"}, zone));
  CHECK(Judged(Spf(), {"v=spf1 include:spf.gw.example include:gone.example"}).error ==
        "Receivers answer permerror to the SPF record of example.com: gone.example has no SPF "
        "record, and the evaluation leads there.");
  zone.silent = {"gone.example"};
  const auto unseen = Judged(Spf(), {"v=spf1 include:gone.example include:spf.gw.example"}, zone);
  CHECK(unseen.status == core::RecordStatus::kTempError);
  CHECK(unseen.error ==
        "The SPF record of example.com cannot be evaluated now: the DNS did not answer for "
        "gone.example: time-out.");
}

TEST_CASE("SPF needs as many rounds of questions as its includes are deep, and loops end") {
  Zone zone;
  zone.Set("example.com", DnsType::kTxt, {"v=spf1 include:a.example include:b.example mx -all"});
  zone.Set("a.example", DnsType::kTxt, {"v=spf1 include:a.example"});
  core::DnsRecord record = Spf();
  DnsFacts facts;
  CHECK(Settle(zone, facts, [&] { CheckRecord(record, "example.com", facts, kNow); }) == 3);
  CHECK(record.status == core::RecordStatus::kFail);
}

TEST_CASE("An operator's own SPF value may ask for more than an include") {
  const auto record = Record("example.com", "TXT", "v=spf1 ip4:192.0.2.1 a:out.gw.example -all");
  CHECK(Passes(record, {"v=spf1 mx a:OUT.gw.example ip4:192.0.2.0/30 ~all"}));
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
  Zone zone;
  zone.answers[{"example.com", DnsType::kMx}] = {
      DnsStatus::kFound, {"other.example", "MX.gw.example"}, {5, 10}, {}};
  const auto judged = [&](const std::string& value) {
    return Checked(Record("example.com", "MX", value), zone).status == core::RecordStatus::kPass;
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
