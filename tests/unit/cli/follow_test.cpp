// Events as they happen: none missed, none twice.
#include "cli/follow.h"

#include "shared/catalogue/exit_status.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

std::string EventPage(const std::vector<int>& sequences, int last) {
  Json events = Json::array();
  for (const int sequence : sequences) {
    events.push_back({{"event", "bounce"}, {"Sequence", sequence}, {"recipient", "a@b.c"}});
  }
  return Json{{"Success", true}, {"ErrorCode", 0}, {"Events", events}, {"LastSequence", last}}
      .dump();
}

constexpr const char* kName = "emailgateway.getevents";

struct Followed {
  int status;
  std::string out, err;
};

// Follows until the gateway has been asked `calls` times.
Followed FollowCalls(FakeGateway& gateway, size_t calls, std::vector<std::string> arguments) {
  FakeInput input;
  FakePause pause;
  pause.meanwhile = [&] {
    if (gateway.requests.size() >= calls) pause.signal = 2;
  };
  std::ostringstream out, err;
  Console console{std::move(arguments), At(gateway), input, pause, out, err, false, false};
  const int status = Run(console);
  return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("following shows the newest events, oldest first, then what comes") {
  FakeGateway gateway;
  gateway.queues[kName] = {EventPage({3, 2}, 3), EventPage({5, 7}, 7), EventPage({}, 7)};
  const auto followed =
      FollowCalls(gateway, 3, {"getevents", "7", "--follow", "--field", "Events[].Sequence"});
  CHECK(followed.status == kExitDone);
  CHECK(followed.out == "2\n3\n5\n7\n");
  CHECK(followed.err == "egctl: stopped; continue with --after-sequence 7\n");
  CHECK(gateway.Body(0)["RetrieveCount"] == 10);
  CHECK(!gateway.Body(0).contains("AfterSequence"));
  CHECK(gateway.Body(1)["AfterSequence"] == 3);
  CHECK(gateway.Body(2)["AfterSequence"] == 7);
}

TEST_CASE("an event recorded while the newest were listed comes once") {
  FakeGateway gateway;
  gateway.queues[kName] = {EventPage({4, 2}, 3), EventPage({4, 5}, 5), EventPage({}, 5)};
  CHECK(
      FollowCalls(gateway, 3, {"getevents", "7", "--follow", "--field", "Events[].Sequence"}).out ==
      "2\n4\n5\n");
}

TEST_CASE("following goes on after a sequence") {
  FakeGateway gateway;
  gateway.queues[kName] = {EventPage({8}, 9), EventPage({}, 9)};
  const auto followed =
      FollowCalls(gateway, 2, {"getevents", "7", "--follow", "--after-sequence", "7"});
  CHECK(followed.out.starts_with(R"({"event":"bounce","Sequence":8,"recipient":"a@b.c",)"));
  CHECK(gateway.Body(0)["AfterSequence"] == 7);
  CHECK(gateway.Body(1)["AfterSequence"] == 9);
}

TEST_CASE("every form has a line an event, or a document") {
  const std::vector<std::pair<const char*, std::string>> forms = {
      {"raw", R"({"event":"bounce","Sequence":8,"recipient":"a@b.c",)"},
      {"yaml", "---\nevent: \"bounce\"\nSequence: 8\nrecipient: \"a@b.c\"\n"},
      {"table",
       "timestamp            event        recipient                       subject"
       "                                 smtp_response\n"
       "2021-12-20 11:33:20  bounce       a@b.c "}};
  for (const auto& [form, text] : forms) {
    FakeGateway gateway;
    gateway.queues[kName] = {EventPage({8}, 9), EventPage({}, 9)};
    CHECK(
        FollowCalls(gateway, 2, {"getevents", "7", "--follow", "-o", form}).out.starts_with(text));
  }
  FakeGateway gateway;
  gateway.queues[kName] = {EventPage({8}, 9), EventPage({}, 9)};
  const auto csv = FollowCalls(gateway, 2, {"getevents", "7", "--follow", "-o", "csv"}).out;
  CHECK(csv.starts_with("event,timestamp,Sequence,message.id,"));
  CHECK(csv.find("\nbounce,") != std::string::npos);
}

TEST_CASE("a gateway that goes away is waited for, one that was never there is not") {
  FakeGateway gateway;
  gateway.queues[kName] = {EventPage({3}, 3), "<html>restarting</html>", "<html>restarting</html>",
                           EventPage({4}, 4), EventPage({}, 4)};
  const auto followed =
      FollowCalls(gateway, 5, {"getevents", "7", "--follow", "--field", "Events[].Sequence"});
  CHECK(followed.status == kExitDone);
  CHECK(followed.out == "3\n4\n");
  CHECK(followed.err.starts_with("egctl: no answer from the gateway; retrying\negctl: st"));
  CHECK(Egctl({"getevents", "7", "--follow", "--url", "unix:/nonexistent/s"}).status ==
        kExitUnreachable);
}

TEST_CASE("a refusal ends following") {
  FakeGateway gateway;
  gateway.queues[kName] = {EventPage({3}, 3),
                           R"({"Success":false,"ErrorCode":2,"ErrorText":"gone"})"};
  CHECK(FollowCalls(gateway, 9, {"getevents", "7", "--follow"}).status == kExitNotFound);
  CHECK(FollowCalls(gateway, 9, {"getevents", "7", "--follow", "--interval", "x"}).status ==
        kExitUsage);
}

}  // namespace egd::cli
