// egctl sendemail --wait-for delivery, with time in the test's hands.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shared/catalogue/exit_status.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

constexpr const char* kSend = "emailgateway.sendemail";
constexpr const char* kGet = "emailgateway.getemail";

// getemail's answer with recipients in these states; `total`: on all pages.
std::string Stored(const std::vector<std::string>& states, size_t total) {
  Json recipients = Json::array();
  for (const std::string& state : states) {
    recipients.push_back({{"Recipient", "jane@example.org"}, {"State", state}});
  }
  return Json{{"TotalRecipients", total}, {"Recipients", recipients}}.dump();
}

Outcome Send(FakeGateway& gateway, std::vector<std::string> more = {}, FakePause pause = {}) {
  gateway.replies.emplace(kSend, R"({"MessageID":"m-1"})");
  std::vector<std::string> words = {
      "sendemail",     "--subject",       "s", "--from",     "a@example.com", "--to",
      "b@example.org", "--plain-content", "p", "--wait-for", "delivery"};
  words.insert(words.end(), more.begin(), more.end());
  return Egctl(words, At(gateway), false, {}, pause);
}

}  // namespace

TEST_CASE("waiting ends when every recipient has an outcome, and says which") {
  FakeGateway gateway;
  gateway.queues[kGet] = {Stored({"queued", "queued"}, 2), Stored({"delivered", "deferred"}, 2),
                          Stored({"delivered", "delivered"}, 2)};
  const auto delivered = Send(gateway);
  CHECK(delivered.status == kExitDone);
  CHECK(delivered.err.empty());
  CHECK(Json::parse(delivered.out)["Recipients"][1]["State"] == "delivered");
  REQUIRE(gateway.requests.size() == 4);
  CHECK(gateway.Body(1)["MessageID"] == "m-1");

  for (const char* state : {"bounced", "rejected", "cancelled", "dropped"}) {
    gateway.replies[kGet] = Stored({"delivered", state}, 2);
    const auto other = Send(gateway);
    CHECK(other.status == kExitDiffers);
    CHECK(other.err.find(std::string("1 ") + state) != std::string::npos);
  }
}

TEST_CASE("a suppressed recipient is one that is not delivered") {
  FakeGateway gateway;
  gateway.replies[kSend] = R"({"MessageID":"m-1","Suppressed":["x@example.org"]})";
  gateway.replies[kGet] = Stored({"delivered"}, 1);
  const auto outcome = Send(gateway);
  CHECK(outcome.status == kExitDiffers);
  CHECK(outcome.err.find("1 delivered, 1 suppressed") != std::string::npos);
}

TEST_CASE("waiting times out, by default after two minutes") {
  FakeGateway gateway;
  gateway.replies[kGet] = Stored({"deferred"}, 1);
  const auto outcome = Send(gateway);
  CHECK(outcome.status == kExitTimedOut);
  CHECK(outcome.err ==
        "egctl: timed out after 2m 0s: 1 deferred; look again with egctl getemail m-1\n");
  CHECK(gateway.requests.size() == 1 + 121);  // the message, and a look a second
  gateway.requests.clear();
  CHECK(Send(gateway, {"--timeout", "10s", "--interval", "4s"}).status == kExitTimedOut);
  CHECK(gateway.requests.size() == 1 + 4);  // at 0, 4, 8 and 10 seconds
}

TEST_CASE("recipients on later pages are waited for too, and settled pages not asked for again") {
  FakeGateway gateway;
  const std::vector<std::string> page(1000, "delivered");
  gateway.queues[kGet] = {Stored(page, 1001), Stored({"queued"}, 1001),
                          Stored({"delivered"}, 1001)};
  CHECK(Send(gateway).status == kExitDone);
  REQUIRE(gateway.requests.size() == 4);
  CHECK(gateway.Body(1)["StartFrom"] == 0);
  CHECK(gateway.Body(2)["StartFrom"] == 1000);
  CHECK(gateway.Body(3)["StartFrom"] == 1000);
}

TEST_CASE("a list is waited for until all its subscribers are recipients") {
  FakeGateway gateway;
  gateway.replies[kSend] = R"({"MessageID":["m-1"]})";
  Json first = Json::parse(Stored({"delivered"}, 1));
  first["PendingRecipients"] = 1;
  gateway.queues[kGet] = {first.dump(), Stored({"delivered", "delivered"}, 2)};
  CHECK(Send(gateway).status == kExitDone);
  CHECK(gateway.requests.size() == 3);
}

TEST_CASE("trouble of the gateway meanwhile is waited out, a refusal is not") {
  FakeGateway gateway;
  const std::string busy = R"({"Errors":[{"Code":429,"Message":"Too many requests"}]})";
  gateway.queues[kGet] = {busy, Stored({"delivered"}, 1)};
  CHECK(Send(gateway).status == kExitDone);
  gateway.replies[kGet] = R"({"Errors":[{"Code":2,"Message":"There is no such message"}]})";
  const auto gone = Send(gateway);
  CHECK(gone.status == kExitNotFound);
  CHECK(gone.err.find("the message m-1 was accepted, but cannot be looked at") !=
        std::string::npos);
}

TEST_CASE("a signal ends the waiting") {
  FakeGateway gateway;
  gateway.replies[kGet] = Stored({"queued"}, 1);
  FakePause stopped;
  stopped.signal = 2;
  const auto outcome = Send(gateway, {}, stopped);
  CHECK(outcome.status == 130);
  CHECK(outcome.err == "egctl: stopped; look again with egctl getemail m-1\n");
}

TEST_CASE("what cannot be waited for sends nothing") {
  FakeGateway gateway;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--field", "Nothing"}, {"--interval", "0s"}, {"--timeout", "x"}}) {
    CHECK(Send(gateway, words).status == kExitUsage);
  }
  const auto lone = Egctl({"sendemail", "--subject", "s", "--from", "a@example.com", "--to",
                           "b@example.org", "--plain-content", "p", "--interval", "1s"},
                          At(gateway));
  CHECK(lone.status == kExitUsage);
  CHECK(lone.err.find("--interval needs --wait-for") != std::string::npos);
  CHECK(gateway.requests.empty());
}

}  // namespace egd::cli
