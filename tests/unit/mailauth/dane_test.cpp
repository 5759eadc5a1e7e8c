#include "daemon/mailauth/dane.h"

#include <catch2/catch.hpp>

namespace egd::mailauth {
namespace {

using core::DnsAnswer;
using core::DnsStatus;

const std::string kDigest(32, 'd');

std::string Rdata(int usage, int selector, int matching, const std::string& data = kDigest) {
  return std::string{char(usage), char(selector), char(matching)} + data;
}

DnsAnswer Answer(std::vector<std::string> records, bool authenticated = true) {
  DnsAnswer answer{DnsStatus::kFound, std::move(records), {}, {}};
  answer.authenticated = authenticated;
  return answer;
}

}  // namespace

TEST_CASE("TLSA records are usable with usages 2 and 3 and what fits their numbers") {
  struct Case {
    int usage, selector, matching;
    size_t bytes;
    bool usable;
  };
  const Case cases[] = {{3, 1, 1, 32, true},    {3, 0, 1, 32, true},    {2, 0, 1, 32, true},
                        {2, 1, 2, 64, true},    {3, 1, 2, 64, true},    {3, 1, 0, 294, true},
                        {2, 0, 0, 900, true},   {0, 0, 1, 32, false},   {1, 1, 1, 32, false},
                        {4, 1, 1, 32, false},   {255, 1, 1, 32, false}, {3, 2, 1, 32, false},
                        {3, 255, 1, 32, false}, {3, 1, 3, 32, false},   {3, 1, 1, 31, false},
                        {3, 1, 1, 64, false},   {3, 1, 2, 32, false},   {3, 1, 255, 32, false}};
  for (const Case& one : cases) {
    const auto record =
        ParseTlsa(Rdata(one.usage, one.selector, one.matching, std::string(one.bytes, 'd')));
    REQUIRE(record);
    CAPTURE(one.usage, one.selector, one.matching, one.bytes);
    CHECK(IsUsable(*record) == one.usable);
  }
  CHECK_FALSE(ParseTlsa(""));
  CHECK_FALSE(ParseTlsa(std::string("\x03\x01\x01", 3)));
}

TEST_CASE("what the TLSA look-up of a mail server asks of the connection") {
  const auto judged = JudgeTlsa(Answer({Rdata(3, 1, 1), Rdata(0, 0, 1)}), "mx.example.net");
  REQUIRE(judged.verdict == TlsaVerdict::kSecure);
  CHECK(judged.set->base == "mx.example.net");
  REQUIRE(judged.set->usable.size() == 1);
  CHECK(judged.set->usable[0].usage == 3);
  CHECK(judged.set->usable[0].data == kDigest);

  const auto unusable = JudgeTlsa(Answer({Rdata(1, 1, 1), "x"}), "mx.example.net");
  REQUIRE(unusable.verdict == TlsaVerdict::kSecure);
  CHECK(unusable.set->usable.empty());

  CHECK(JudgeTlsa(Answer({Rdata(3, 1, 1)}, false), "mx.example.net").verdict == TlsaVerdict::kNone);
  for (const auto status : {DnsStatus::kNoData, DnsStatus::kNxDomain}) {
    DnsAnswer none{status, {}, {}, {}};
    CHECK(JudgeTlsa(none, "mx.example.net").verdict == TlsaVerdict::kNone);
    none.authenticated = true;
    CHECK(JudgeTlsa(none, "mx.example.net").verdict == TlsaVerdict::kNone);
  }
  const DnsAnswer bogus{DnsStatus::kTempError, {}, {}, "SERVFAIL"};
  const auto unknown = JudgeTlsa(bogus, "mx.example.net");
  CHECK(unknown.verdict == TlsaVerdict::kUnknown);
  CHECK(unknown.why == "looking up the TLSA records of mx.example.net failed: SERVFAIL");
}

TEST_CASE("the note on DANE says what was asked and what became of it") {
  const core::TlsaSet usable{"mx.example.net", {{3, 1, 1, kDigest}}}, none{"mx.example.net", {}};
  CHECK(DaneNote(usable, "TLSv1.3 X verified") == "DANE: matched");
  CHECK(DaneNote(usable, "TLSv1.3 X unverified (no match)") == "DANE: no TLSA record matches");
  CHECK(DaneNote(usable, "") == "DANE: no TLS");
  CHECK(DaneNote(none, "TLSv1.3 X unverified (self-signed certificate)") ==
        "DANE: TLS required, no usable TLSA record");
}

}  // namespace egd::mailauth
