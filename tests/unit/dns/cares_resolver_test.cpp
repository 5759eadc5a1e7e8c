#include "daemon/dns/cares_resolver.h"

#include <chrono>
#include <future>
#include <memory>

#include <catch2/catch.hpp>

#include "tests/unit/dns/dns_server.h"

namespace egd::dns {
namespace {

using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;
using Values = std::vector<std::string>;

constexpr uint16_t kA = 1, kCname = 5, kMx = 15, kTxt = 16, kAaaa = 28;

config::Config::Dns Options(const Values& servers, int timeout_ms = 2000, int tries = 1) {
  config::Config::Dns options;
  options.servers = servers;
  options.timeout_ms = timeout_ms;
  options.tries = tries;
  return options;
}

// Answers with these records.
Script Records(const std::vector<std::string>& records) {
  return [records](const Query& query) { return Values{WireReply(query, 0, records)}; };
}

Script Code(int rcode) {
  return [rcode](const Query& query) { return Values{WireReply(query, rcode, {})}; };
}

Values Silence(const Query&) {
  return {};
}

struct Fixture {
  DnsServer server;
  CaresResolver resolver;

  void Start(int timeout_ms = 2000, int tries = 1) {
    REQUIRE(resolver.Start(Options({server.address()}, timeout_ms, tries)));
  }
  DnsAnswer Ask(const std::string& name, DnsType type) {
    return core::ResolveBlocking(resolver, name, type);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "A server that answers FORMERR to EDNS is asked without it, also at first") {
  server.OnAny([](const Query& query) {
    return Values{WireReply(query, query.edns ? 1 : 0, {WireRecord(query.name, kTxt, "\2ok")})};
  });
  Start();
  std::vector<std::future<DnsAnswer>> answers;
  for (int i = 0; i < 10; ++i) {
    answers.push_back(std::async(std::launch::async, [&, i] {
      return Ask("host" + std::to_string(i) + ".example", DnsType::kTxt);
    }));
  }
  for (auto& answer : answers) CHECK(answer.get().values == Values{"ok"});
}

TEST_CASE_METHOD(Fixture, "What is no answer is temporary, and asked again while there are tries") {
  int asked = 0;
  server.On("echo.example", [&](const Query& query) {
    std::string reply = WireReply(query, 0, {});
    if (++asked == 1) reply.replace(2, 2, WireShort(0x0100));
    return Values{reply};
  });
  server.On("cut.example",
            [](const Query& query) { return Values{WireReply(query, 0, {}, true)}; });
  server.On("gone.example", [](const Query& query) {
    std::string reply = WireReply(query, 3, {});
    reply.replace(2, 2, WireShort(0x0103));
    return Values{reply};
  });
  Start(2000, 2);
  CHECK(Ask("echo.example", DnsType::kMx).status == DnsStatus::kNoData);
  const DnsAnswer cut = Ask("cut.example", DnsType::kMx);
  CHECK(cut.status == DnsStatus::kTempError);
  CHECK(cut.detail == "an answer that is cut short");
  CHECK(Ask("gone.example", DnsType::kMx).status == DnsStatus::kTempError);
}

TEST_CASE_METHOD(Fixture, "Each type of record is read") {
  Start();
  server.On("host.example", [](const Query& query) {
    const std::string v4("\xc0\x00\x02\x01", 4);
    const std::string v6("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    std::vector<std::string> records;
    if (query.type == kA) records = {WireRecord(query.name, kA, v4)};
    if (query.type == kAaaa) records = {WireRecord(query.name, kAaaa, v6)};
    if (query.type == kCname) records = {WireRecord(query.name, kCname, WireName("Real.Example"))};
    if (query.type == kMx) {
      records = {WireRecord(query.name, kMx, WireShort(10) + WireName("mx1.example")),
                 WireRecord(query.name, kMx, WireShort(300) + WireName(""))};
    }
    if (query.type == kTxt) {
      records = {WireRecord(query.name, kTxt, "\5hello\6 world"),
                 WireRecord(query.name, kTxt, {"\0", 1})};
    }
    return Values{WireReply(query, 0, records)};
  });
  CHECK(Ask("host.example", DnsType::kA).values == Values{"192.0.2.1"});
  CHECK(Ask("Host.Example.", DnsType::kAaaa).values == Values{"2001:db8::1"});
  CHECK(Ask("host.example", DnsType::kCname).values == Values{"real.example"});
  CHECK(Ask("host.example", DnsType::kTxt).values == Values{"hello world", ""});
  const DnsAnswer mx = Ask("host.example", DnsType::kMx);
  CHECK(mx.values == Values{"mx1.example", ""});
  CHECK(mx.preferences == std::vector<uint16_t>{10, 300});
}

TEST_CASE_METHOD(Fixture, "A TXT answer is reached through its CNAME") {
  Start();
  server.On("eg1._domainkey.example.com",
            Records({WireRecord("keys.example", kTxt, "\3key"),
                     WireRecord("eg1._domainkey.example.com", kCname, WireName("keys.example"))}));
  CHECK(Ask("eg1._domainkey.example.com", DnsType::kTxt).values == Values{"key"});
}

TEST_CASE_METHOD(Fixture, "Nothing there, nothing of this type, and failures are told apart") {
  Start();
  server.On("nodata.example", Code(0));
  server.On("servfail.example", Code(2));
  server.On("refused.example", Code(5));
  CHECK(Ask("missing.example", DnsType::kTxt).status == DnsStatus::kNxDomain);
  CHECK(Ask("nodata.example", DnsType::kTxt).status == DnsStatus::kNoData);
  CHECK(Ask("servfail.example", DnsType::kTxt).status == DnsStatus::kTempError);
  CHECK(Ask("refused.example", DnsType::kTxt).status == DnsStatus::kTempError);
  CHECK_FALSE(Ask("servfail.example", DnsType::kTxt).detail.empty());
}

TEST_CASE_METHOD(Fixture, "What is no DNS name is answered without asking") {
  Start();
  for (const auto& name :
       {std::string(), std::string("a..b"), std::string("a\nb.example"),
        std::string("a\\.b.example"), std::string(64, 'a') + ".example", std::string(300, 'a')}) {
    CHECK(Ask(name, DnsType::kA).status == DnsStatus::kNxDomain);
  }
  CHECK(server.queries() == 0);
}

TEST_CASE_METHOD(Fixture, "A truncated answer is asked for again over TCP") {
  Start();
  const std::string key(2000, 'k');
  server.On("big.example", [&](const Query& query) {
    if (!query.tcp) return Values{WireReply(query, 0, {}, true)};
    std::string text;
    for (size_t at = 0; at < key.size(); at += 200) text += char(200) + key.substr(at, 200);
    return Values{WireReply(query, 0, {WireRecord(query.name, kTxt, text)})};
  });
  CHECK(Ask("big.example", DnsType::kTxt).values == Values{key});
}

TEST_CASE_METHOD(Fixture, "A silent server is a temporary error after every try") {
  Start(40, 3);
  server.OnAny(Silence);
  const DnsAnswer answer = Ask("slow.example", DnsType::kA);
  CHECK(answer.status == DnsStatus::kTempError);
  CHECK(answer.detail == "no answer in time");
  CHECK(server.queries() == 3);
}

TEST_CASE_METHOD(Fixture, "A later try may succeed") {
  Start(60, 3);
  auto asked = std::make_shared<int>(0);
  server.On("flaky.example", [asked](const Query& query) {
    if (++*asked == 1) return Values{};
    return Values{WireReply(query, 0, {WireRecord(query.name, kTxt, "\2ok")})};
  });
  CHECK(Ask("flaky.example", DnsType::kTxt).values == Values{"ok"});
}

TEST_CASE_METHOD(Fixture, "Answers with a wrong ID, another question or no sense are ignored") {
  Start();
  server.On("target.example", [](const Query& query) {
    Query forged = query;
    forged.id = std::string{char(query.id[0] ^ 1), query.id[1]};
    Query other = query;
    other.question = WireName("other.example") + WireShort(kTxt) + WireShort(1);
    const std::string evil = WireRecord(query.name, kTxt, "\4evil");
    return Values{"",
                  "x",
                  std::string(600, '\xff'),
                  WireReply(forged, 0, {evil}),
                  WireReply(other, 0, {evil}),
                  WireReply(query, 0, {WireRecord(query.name, kTxt, "\4good")})};
  });
  CHECK(Ask("target.example", DnsType::kTxt).values == Values{"good"});
}

TEST_CASE_METHOD(Fixture, "A compression loop is a malformed answer") {
  Start();
  server.On("loop.example", [](const Query& query) {
    std::string reply = WireReply(query, 0, {});
    reply[7] = 1;  // one answer
    const auto here = uint16_t(reply.size());
    return Values{reply + WireShort(uint16_t(0xc000 | here)) + std::string(20, '\0')};
  });
  const DnsAnswer answer = Ask("loop.example", DnsType::kTxt);
  CHECK(answer.status == DnsStatus::kTempError);
  CHECK(answer.detail == "malformed answer");
}

TEST_CASE("A dead first server is passed over") {
  DnsServer silent, alive;
  silent.OnAny(Silence);
  alive.OnAny(Records({}));
  alive.On("a.example", Records({WireRecord("a.example", kTxt, "\2ok")}));
  CaresResolver resolver;
  REQUIRE(resolver.Start(Options({silent.address(), alive.address()}, 40)));
  CHECK(core::ResolveBlocking(resolver, "a.example", DnsType::kTxt).values == Values{"ok"});
}

TEST_CASE_METHOD(Fixture, "Many questions at once are all answered") {
  Start();
  server.OnAny([](const Query& query) {
    return Values{WireReply(query, 0, {WireRecord(query.name, kTxt, "\2ok")})};
  });
  std::atomic<int> found{0};
  std::promise<void> done;
  constexpr int kCount = 1500;
  for (int i = 0; i < kCount; ++i) {
    resolver.Resolve("n" + std::to_string(i) + ".example", DnsType::kTxt,
                     [&](const DnsAnswer& answer) {
                       if (answer.values != Values{"ok"}) return;
                       if (++found == kCount) done.set_value();
                     });
  }
  CHECK(done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE_METHOD(Fixture, "The queue is bounded, and shutdown answers what waits in it") {
  Start(60'000);
  server.OnAny(Silence);
  std::atomic<int> refused{0}, stopped{0};
  constexpr int kCount = int(kMaxInFlight + kMaxWaiting) + 500;
  for (int i = 0; i < kCount; ++i) {
    resolver.Resolve("n.example", DnsType::kTxt, [&](const DnsAnswer& answer) {
      if (answer.detail == "too many DNS questions wait") ++refused;
      if (answer.detail == "shutting down") ++stopped;
    });
  }
  CHECK(refused == 500);
  resolver.Interrupt();
  resolver.Join();
  CHECK(refused + stopped == kCount);
  CHECK(Ask("n.example", DnsType::kTxt).detail == "shutting down");
}

TEST_CASE_METHOD(Fixture, "Questions to silent servers keep no other from being asked") {
  Start(60'000);
  server.OnAny(Silence);
  server.On("good.example", Records({WireRecord("good.example", kTxt, "\2ok")}));
  for (size_t i = 0; i < 2 * kMaxInFlight; ++i) {
    resolver.Resolve("n.example", DnsType::kTxt, [](const DnsAnswer&) {});
  }
  CHECK(Ask("good.example", DnsType::kTxt).values == Values{"ok"});
}

TEST_CASE_METHOD(Fixture, "What waited for a whole round of tries is given up") {
  Start(50);
  server.OnAny(Silence);
  std::atomic<int> late{0}, left{2 * int(kMaxInFlight) + 50};
  std::promise<void> done;
  for (int i = left; i > 0; --i) {
    resolver.Resolve("n.example", DnsType::kTxt, [&](const DnsAnswer& answer) {
      if (answer.detail == "too many DNS questions wait") ++late;
      if (--left == 0) done.set_value();
    });
  }
  REQUIRE(done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(late > 0);
}

TEST_CASE_METHOD(Fixture, "Reload asks the new servers, also what is in flight") {
  Start(60'000);
  server.OnAny(Silence);
  DnsServer other;
  other.On("a.example", Records({WireRecord("a.example", kTxt, "\3new")}));
  std::promise<DnsAnswer> promise;
  resolver.Resolve("a.example", DnsType::kTxt,
                   [&](DnsAnswer answer) { promise.set_value(answer); });
  REQUIRE(resolver.Reload(Options({other.address()})));
  auto answer = promise.get_future();
  REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(answer.get().values == Values{"new"});
  CHECK(Ask("a.example", DnsType::kTxt).values == Values{"new"});
  CHECK_FALSE(resolver.Reload(Options({"nonsense"})));
  CHECK(Ask("a.example", DnsType::kTxt).values == Values{"new"});
}

TEST_CASE("A resolver that was never started, or not well, answers at once") {
  CaresResolver resolver;
  CHECK(core::ResolveBlocking(resolver, "a.example", DnsType::kA).status == DnsStatus::kTempError);
  CHECK_FALSE(resolver.Start(Options({"not an address"})));
  CHECK(core::ResolveBlocking(resolver, "a.example", DnsType::kA).status == DnsStatus::kTempError);
}

}  // namespace egd::dns
