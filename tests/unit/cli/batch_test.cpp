// Many Commands from a file.
#include "cli/batch.h"

#include "cli/json_lines.h"
#include "shared/catalogue/exit_status.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

Outcome BatchOf(FakeGateway& gateway, const std::string& text, std::vector<std::string> more = {},
                FakePause pause = {}) {
  FakeInput input;
  input.files["f"] = text;
  more.insert(more.begin(), {"batch", "f"});
  return Egctl(more, At(gateway), false, input, pause);
}

std::vector<Json> ResultsOf(const Outcome& outcome) {
  std::istringstream stream(outcome.out);
  std::vector<Json> results;
  for (std::string line; std::getline(stream, line);) results.push_back(Json::parse(line));
  return results;
}

std::string Refusal(int code) {
  return Json{{"Success", false}, {"ErrorCode", {code}}, {"ErrorText", {"no"}}}.dump();
}

constexpr const char* kAdd = "emailgateway.adddomain";
constexpr const char* kGet = "emailgateway.getdomain";

constexpr const char* kThree =
    "{\"Command\": \"emailgateway.adddomain\", \"DomainName\": \"a.example\"}\n\n"
    "{\"Command\": \"emailgateway.adddomain\", \"DomainName\": \"b.example\"}\r\n"
    "{\"Command\": \"emailgateway.adddomain\", \"DomainName\": \"c.example\"}";

}  // namespace

TEST_CASE("lines of JSON are numbered as in their file, blank ones left out") {
  std::istringstream stream("\xef\xbb\xbf{\"a\": 1}\n \r\n{\"b\": 2}");
  JsonLines lines(stream);
  const auto first = lines.Next(), second = lines.Next(), end = lines.Next();
  CHECK((*first)->number == 1);
  CHECK((*second)->number == 3);
  CHECK((*second)->object["b"] == 2);
  CHECK_FALSE(end->has_value());
  for (const char* bad : {"x", "[1]", "{\"a\": 1} x", "{\"a\": \"\xff\"}", "1"}) {
    std::istringstream wrong("{}\n" + std::string(bad));
    JsonLines reader(wrong);
    REQUIRE(reader.Next());
    const auto line = reader.Next();
    REQUIRE_FALSE(line);
    CHECK(line.error().public_text.starts_with("line 2 "));
  }
}

TEST_CASE("what cannot be rewound is copied") {
  class Pipe : public std::streambuf {
   public:
    explicit Pipe(std::string text) : text_(std::move(text)) {
      setg(text_.data(), text_.data(), text_.data() + text_.size());
    }

   private:
    std::string text_;
  };
  for (const std::string text : {"", "abc\n"}) {
    Pipe pipe(text);
    auto copy = Rewindable(std::make_unique<std::istream>(&pipe));
    REQUIRE(copy);
    for (int i = 0; i < 2; ++i) {
      (*copy)->clear();
      (*copy)->seekg(0);
      CHECK(std::string(std::istreambuf_iterator<char>(**copy), {}) == text);
    }
  }
}

TEST_CASE("each Command of a batch has a line of its own, in order") {
  FakeGateway gateway;
  gateway.queues[kAdd] = {"{\"Success\": true, \"NewSenderDomainID\": 7}"};
  gateway.replies[kAdd] = "{\"Success\": true, \"NewSenderDomainID\": 8}";
  const Outcome done = BatchOf(gateway, kThree);
  CHECK(done.status == kExitDone);
  CHECK(done.err == "");
  const auto results = ResultsOf(done);
  REQUIRE(results.size() == 3);
  CHECK(results[0]["Line"] == 1);
  CHECK(results[0]["Command"] == kAdd);
  CHECK(results[0]["ExitStatus"] == 0);
  CHECK(results[0]["Answer"]["NewSenderDomainID"] == 7);
  CHECK(results[2]["Line"] == 4);
  CHECK(gateway.Body(1)["DomainName"] == "b.example");
  CHECK(gateway.requests[0].remote_port == gateway.requests[2].remote_port);
  CHECK(gateway.requests[1].get_header_value("Connection") != "close");
}

TEST_CASE("a batch stops at the first failure, or keeps going, and exits with it") {
  FakeGateway gateway;
  const auto script = [&] {
    gateway.requests.clear();
    gateway.queues[kAdd] = {"{\"Success\": true}", Refusal(5)};
  };
  script();
  gateway.replies[kAdd] = Refusal(2);
  const Outcome stopped = BatchOf(gateway, kThree);
  CHECK(stopped.status == kExitRefused);
  CHECK(ResultsOf(stopped)[1]["Errors"] == Json::array({{{"Code", 5}, {"Message", "no"}}}));
  CHECK(stopped.err.find("--start-line 3") != std::string::npos);
  CHECK(gateway.requests.size() == 2);
  script();
  const Outcome went_on = BatchOf(gateway, kThree, {"--keep-going"});
  CHECK(went_on.status == kExitRefused);
  CHECK(ResultsOf(went_on).size() == 3);
  CHECK(went_on.err.find("3 of 3 done, 2 of them failed") != std::string::npos);
  script();
  const Outcome rest = BatchOf(gateway, kThree, {"--start-line", "3"});
  CHECK(gateway.Body(0)["DomainName"] == "b.example");
  CHECK(ResultsOf(rest)[0]["Line"] == 3);
}

TEST_CASE("a line that cannot be run is refused before any is") {
  FakeGateway gateway;
  const std::string good = "{\"Command\": \"emailgateway.getdomains\"}\n";
  const std::vector<std::pair<const char*, const char*>> wrong = {
      {"[1]", "line 2 is no JSON object"},
      {"{", "line 2 "},
      {"{}", "line 2: Command is missing"},
      {"{\"Command\": 5}", "line 2: Command is missing"},
      {"{\"Command\": \"adddomain\"}", "did you mean emailgateway.adddomain?"},
      {"{\"Command\": \"emailgateway.exportevents\"}", "call it by itself"},
      {"{\"Command\": \"emailgateway.adddomain\", \"DomainNme\": \"x\"}",
       "did you mean DomainName?"},
      {"{\"Command\": \"emailgateway.adddomain\", \"AdminAPIKey\": \"x\"}", "no parameter"},
  };
  for (const auto& [line, text] : wrong) {
    const Outcome done = BatchOf(gateway, good + line);
    CAPTURE(line, done.err);
    CHECK(done.status == kExitUsage);
    CHECK(done.err.find(text) != std::string::npos);
  }
  CHECK(BatchOf(gateway, good, {"-o", "csv"}).status == kExitUsage);
  CHECK(BatchOf(gateway, good, {"--start-line", "0"}).status == kExitUsage);
  CHECK(gateway.requests.empty());
  CHECK(BatchOf(gateway, "").status == kExitDone);
}

TEST_CASE("a batch takes domains by name and acts for a user") {
  FakeGateway gateway;
  gateway.replies[kGet] = "{\"Success\": true, \"Domain\": {\"DomainID\": 5}}";
  gateway.replies["emailgateway.deletedomain"] = "{\"Success\": true}";
  const Outcome done =
      BatchOf(gateway, "{\"Command\": \"EmailGateway.DeleteDomain\", \"DomainID\": \"a.example\"}",
              {"--as-user", "3"});
  CHECK(done.status == kExitDone);
  CHECK(gateway.Body(0)["DomainName"] == "a.example");
  CHECK(gateway.Body(1)["DomainID"] == 5);
  CHECK(gateway.Body(1)["UserID"] == 3);
  gateway.replies[kGet] = Json{{"Success", false}, {"ErrorCode", 2}}.dump();
  const Outcome missing =
      BatchOf(gateway, "{\"Command\": \"emailgateway.deletedomain\", \"DomainID\": \"a.example\"}");
  CHECK(missing.status == kExitNotFound);
  CHECK(ResultsOf(missing)[0]["ExitStatus"] == kExitNotFound);
  CHECK(ResultsOf(missing)[0]["Errors"][0]["Message"] == "there is no sender domain a.example");
}

TEST_CASE("a gateway that is too busy is asked again, one that is away ends the batch") {
  FakeGateway gateway;
  gateway.queues[kAdd] = {Refusal(429), "{\"Success\": true}"};
  gateway.replies[kAdd] = "{\"Success\": true}";
  CHECK(BatchOf(gateway, kThree).status == kExitDone);
  CHECK(gateway.requests.size() == 4);
  gateway.replies[kAdd] = "nonsense";
  const Outcome lost = BatchOf(gateway, kThree, {"--keep-going"});
  CHECK(lost.status == kExitUnreachable);
  CHECK(ResultsOf(lost).size() == 1);
  CHECK(lost.err.find("look whether line 1 was done") != std::string::npos);
}

TEST_CASE("a signal ends a batch between two Commands") {
  FakeGateway gateway;
  FakePause pause;
  pause.signal = 2;
  const Outcome done = BatchOf(gateway, kThree, {}, pause);
  CHECK(done.status == 130);
  CHECK(done.err.find("--start-line 1") != std::string::npos);
  CHECK(gateway.requests.empty());
}

TEST_CASE("messages are still the API's own batch") {
  FakeGateway gateway;
  gateway.replies["emailgateway.batch"] = "{\"Results\": []}";
  const auto run = [&](std::vector<std::string> arguments) {
    FakeInput input;
    input.files["m"] = "[{}]";
    arguments.insert(arguments.begin(), "batch");
    return Egctl(arguments, At(gateway), false, input);
  };
  CHECK(run({"[{\"Subject\": \"s\"}]"}).status == kExitDone);
  CHECK(run({"--messages", "[{\"Subject\": \"s\"}]"}).status == kExitDone);
  CHECK(run({"--messages-file", "m"}).status == kExitDone);
  REQUIRE(gateway.requests.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(gateway.Body(i)["Command"] == "emailgateway.batch");
  CHECK(run({"--messages-file", "m", "--keep-going"}).status == kExitUsage);
  CHECK(run({}).status == kExitUsage);
}

}  // namespace egd::cli
