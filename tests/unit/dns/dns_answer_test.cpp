#include "daemon/dns/dns_answer.h"

#include <catch2/catch.hpp>

#include "tests/unit/dns/dns_server.h"

namespace egd::dns {
namespace {

using core::DnsStatus;
using core::DnsType;
using Values = std::vector<std::string>;

constexpr uint16_t kCname = 5, kMx = 15, kTxt = 16, kA = 1;

std::string Reply(const std::vector<std::string>& records) {
  Query query;
  query.id = "ab";
  query.question = WireName("www.example.com") + WireShort(kTxt) + WireShort(1);
  return WireReply(query, 0, records);
}

core::DnsAnswer Parse(const std::vector<std::string>& records, DnsType type = DnsType::kTxt) {
  return ParseAnswer(Reply(records), "www.example.com", type);
}

std::string Alias(const std::string& from, const std::string& to) {
  return WireRecord(from, kCname, WireName(to));
}

}  // namespace

TEST_CASE("Names are compressed with pointers to what came before") {
  const std::string pointer("\xc0\x0c", 2);  // the question's name
  const std::string record = pointer + WireShort(kCname) + WireShort(1) + std::string(4, '\0') +
                             WireShort(6) + "\3api" + std::string("\xc0\x10", 2);
  CHECK(ParseAnswer(Reply({record}), "WWW.example.com.", DnsType::kCname).values ==
        Values{"api.example.com"});
}

TEST_CASE("CNAMEs are followed in any order, but not when they are asked for") {
  const std::string text = WireRecord("c.example", kTxt, "\2ok");
  const std::vector<std::string> records = {text, Alias("b.example", "c.example"),
                                            Alias("www.example.com", "b.example")};
  CHECK(Parse(records).values == Values{"ok"});
  CHECK(Parse(records, DnsType::kCname).values == Values{"b.example"});
  CHECK(Parse({Alias("www.example.com", "b.example")}).status == DnsStatus::kNoData);
}

TEST_CASE("Where aliases led is told with what is found there") {
  const std::vector<std::string> records = {Alias("www.example.com", "b.example"),
                                            WireRecord("b.example", kTxt, "\2ok")};
  CHECK(Parse(records).canonical == "b.example");
  CHECK(Parse({WireRecord("www.example.com", kTxt, "\2ok")}).canonical.empty());
}

TEST_CASE("TLSA records come as they are, and the AD bit says what was validated") {
  constexpr uint16_t kTlsa = 52;
  const std::string data("\3\1\1\0x", 5);
  CHECK(Parse({WireRecord("www.example.com", kTlsa, data)}, DnsType::kTlsa).values == Values{data});
  std::string reply = Reply({WireRecord("www.example.com", kTlsa, data)});
  CHECK_FALSE(SaysAuthenticated(reply));
  reply[3] = char(reply[3] | 0x20);
  CHECK(SaysAuthenticated(reply));
  CHECK_FALSE(SaysAuthenticated(""));
}

TEST_CASE("A CNAME loop ends") {
  const auto answer =
      Parse({Alias("www.example.com", "b.example"), Alias("b.example", "www.example.com")});
  CHECK(answer.status == DnsStatus::kTempError);
  CHECK(answer.detail == "CNAME loop");
}

TEST_CASE("A message that is no answer is not believed, whatever it holds") {
  const auto problem = [](uint16_t flags, const std::string& authority = "") {
    std::string message = Reply({});
    message.replace(2, 2, WireShort(flags));
    if (!authority.empty()) message.replace(8, 2, WireShort(1));
    return AnswerProblem(message + authority);
  };
  const std::string other_servers = WireRecord("example.com", 2, WireName("ns.example"));
  const std::string no_data = WireRecord(
      "example.com", 6, WireName("ns.example") + WireName("x.example") + std::string(20, '\0'));
  CHECK(problem(0x8180).empty());
  CHECK(problem(0x8000).empty());  // of a server that sets no flag it need not set
  CHECK(problem(0x8180, no_data).empty());
  CHECK(problem(0x8583, other_servers).empty());
  CHECK(problem(0x0100) == "a question came back in place of an answer");
  CHECK(problem(0x8380) == "an answer that is cut short");
  CHECK(problem(0xa180) == "an answer to another kind of question");
  CHECK(problem(0x8180, other_servers) ==
        "a referral to other servers; dns.servers have to be resolvers");
  CHECK(problem(0x8180, "\xc0") == "malformed answer");
  CHECK(AnswerProblem("ab") == "malformed answer");
}

TEST_CASE("Records of other names, types and classes do not count") {
  std::string chaos = WireRecord("www.example.com", kTxt, "\5chaos");
  chaos[WireName("www.example.com").size() + 3] = 3;
  CHECK(Parse({WireRecord("evil.example", kTxt, "\4evil"),
               WireRecord("www.example.com", kA, std::string(4, '\1')), chaos})
            .status == DnsStatus::kNoData);
}

TEST_CASE("A dot or another strange byte inside a label cannot pass for a name") {
  const std::string target = std::string("\7a.b\\\x01 C") + std::string("\3com\0", 5);
  CHECK(Parse({WireRecord("www.example.com", kCname, target)}, DnsType::kCname).values ==
        Values{"a\\.b\\\\\\001\\032c.com"});
}

TEST_CASE("Broken records make the answer malformed") {
  const std::string owner = "www.example.com";
  const auto malformed = [](const core::DnsAnswer& answer) {
    return answer.status == DnsStatus::kTempError && answer.detail == "malformed answer" &&
           answer.values.empty();
  };
  CHECK(malformed(Parse({WireRecord(owner, kTxt, "\5abc")})));
  CHECK(malformed(Parse({WireRecord(owner, kA, "abc")}, DnsType::kA)));
  CHECK(malformed(Parse({WireRecord(owner, 28, "abcd")}, DnsType::kAaaa)));
  CHECK(malformed(Parse({WireRecord(owner, kMx, std::string("\0\x0a", 2))}, DnsType::kMx)));
  CHECK(
      malformed(Parse({WireRecord(owner, kMx, WireShort(1) + WireName("a") + "x")}, DnsType::kMx)));
  CHECK(malformed(
      Parse({WireRecord(owner, kCname, "\x40" + std::string(64, 'a') + '\0')}, DnsType::kCname)));
  CHECK(malformed(Parse({WireRecord(owner, kCname, "\xff\xff")}, DnsType::kCname)));
  std::string long_name;
  for (int i = 0; i < 5; ++i) long_name += char(60) + std::string(60, 'a');
  CHECK(malformed(Parse({WireRecord(owner, kCname, long_name + '\0')}, DnsType::kCname)));
}

TEST_CASE("A message cut off anywhere is malformed or empty, never more") {
  const std::string whole = Reply({WireRecord("www.example.com", kTxt, "\2ok")});
  REQUIRE(ParseAnswer(whole, "www.example.com", DnsType::kTxt).status == DnsStatus::kFound);
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK(ParseAnswer(whole.substr(0, size), "www.example.com", DnsType::kTxt).status ==
          DnsStatus::kTempError);
  }
}

TEST_CASE("Pointers may not point at themselves, forward, or on and on") {
  std::string reply = Reply({});
  reply[7] = 1;
  const auto here = uint16_t(reply.size());
  for (const uint16_t target : {here, uint16_t(here + 2), uint16_t(0x3fff)}) {
    const std::string message =
        reply + WireShort(uint16_t(0xc000 | target)) + std::string(30, '\0');
    CHECK(ParseAnswer(message, "www.example.com", DnsType::kTxt).status == DnsStatus::kTempError);
  }
  std::string chain =
      reply + std::string(1, '\0') + std::string(10, '\0');  // a root record: no data
  chain[7] = 2;
  size_t last = here;
  std::string pad;
  for (int i = 0; i < 200; ++i) {
    const size_t at = chain.size() + pad.size();
    pad += WireShort(uint16_t(0xc000 | last));
    last = at;
  }
  // The second record's owner is the end of a chain of 200 pointers.
  chain[here + 9] = char(pad.size() >> 8);
  chain[here + 10] = char(pad.size() & 255);
  chain += pad + WireShort(uint16_t(0xc000 | last)) + std::string(10, '\0');
  CHECK(ParseAnswer(chain, "www.example.com", DnsType::kTxt).status == DnsStatus::kTempError);
}

}  // namespace egd::dns
