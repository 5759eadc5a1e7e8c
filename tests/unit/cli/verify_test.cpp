// Waiting for DNS records, and the reports about them.
#include "cli/verify.h"

#include <fstream>

#include "cli/duration.h"
#include "cli/report.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

constexpr const char* kName = "emailgateway.verifydomain";

std::string Verified(const std::string& domain, const std::vector<const char*>& statuses) {
  Json records = Json::array();
  for (const char* status : statuses) {
    records.push_back({{"Purpose", "SPF"},
                       {"Type", "TXT"},
                       {"Host", domain},
                       {"Value", "v=spf1 include:<gw> ~all"},
                       {"Status", status},
                       {"Found", "a & b, \"c\""},
                       {"Error", "100% wrong"}});
  }
  return Json{
      {"Success", true},
      {"ErrorCode", 0},
      {"Domain", {{"SenderDomain", domain}, {"VerificationMeta", {{"DNSRecords", records}}}}}}
      .dump();
}

struct Waited : Outcome {
  FakePause pause;
};

Waited Wait(FakeGateway& gateway, std::vector<std::string> arguments, bool terminal = false,
            FakePause pause = {}) {
  FakeInput input;
  std::ostringstream out, err;
  auto environment = At(gateway);
  environment["TERM"] = "xterm";
  arguments.insert(arguments.begin(), "verifydomain");
  Console console{std::move(arguments), environment, input, pause, out, err, false, terminal};
  const int status = Run(console);
  return {{status, out.str(), err.str()}, pause};
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("times are written as people write them") {
  using std::chrono::seconds;
  CHECK(ParseDuration("90") == seconds(90));
  CHECK(ParseDuration("90s") == seconds(90));
  CHECK(ParseDuration("15m") == seconds(900));
  CHECK(ParseDuration("24h") == seconds(86400));
  for (const char* wrong :
       {"", "s", "0", "-1", "1d", "1.5m", "25h", "10 s", "99999999999999999h"}) {
    INFO(wrong);
    CHECK(!ParseDuration(wrong));
  }
  CHECK(FormatDuration(seconds(5)) == "5s");
  CHECK(FormatDuration(seconds(872)) == "14m 32s");
  CHECK(FormatDuration(seconds(3600)) == "1h 0m 0s");
}

TEST_CASE("without --wait there is one look-up, and the worst verdict is the exit status") {
  FakeGateway gateway;
  const std::vector<std::pair<std::vector<const char*>, int>> cases = {
      {{}, kExitDone},
      {{"pass", "pass"}, kExitDone},
      {{"pass", "temperror"}, kExitDnsTemporary},
      {{"temperror", "fail"}, kExitDnsWrong},
      {{"unchecked"}, kExitDnsTemporary}};
  for (const auto& [statuses, status] : cases) {
    gateway.replies[kName] = Verified("example.com", statuses);
    const auto outcome = Wait(gateway, {"7"});
    CHECK(outcome.status == status);
    CHECK(outcome.pause.pauses == 0);
    CHECK(outcome.err.empty());
  }
}

TEST_CASE("waiting ends with the round in which all pass") {
  FakeGateway gateway;
  gateway.queues[kName] = {Verified("example.com", {"fail", "pass"}),
                           Verified("example.com", {"temperror", "pass"}),
                           Verified("example.com", {"pass", "pass"})};
  const auto outcome = Wait(gateway, {"7", "--wait", "--interval", "30s"});
  CHECK(outcome.status == kExitDone);
  CHECK(gateway.requests.size() == 3);
  CHECK(outcome.pause.pauses == 2);
  CHECK(Json::parse(outcome.out)["Domain"]["SenderDomain"] == "example.com");
  const std::string& log = outcome.err;
  CHECK(
      log.find("fail       SPF TXT example.com: expected \"v=spf1 include:<gw> ~all\", found \"a & "
               "b, \"c\"\": 100% wrong\n") == 0);
  CHECK(log.find("1 of 2 records pass; looking again in 30s, 15m 0s left\n") != log.npos);
  CHECK(log.find("temperror  SPF TXT") != log.npos);
  CHECK(log.find('\x1b') == log.npos);
}

TEST_CASE("waiting is over when the time is, with a last look") {
  FakeGateway gateway;
  gateway.replies[kName] = Verified("example.com", {"fail"});
  const auto outcome = Wait(gateway, {"7", "--wait", "--timeout", "25s", "--interval", "10s"});
  CHECK(outcome.status == kExitTimedOut);
  CHECK(gateway.requests.size() == 4);  // at 0, 10, 20 and 25 s
  CHECK(outcome.err.find("timed out after 25s: 1 of 1 records do not pass\n") != std::string::npos);
  CHECK(!outcome.out.empty());
}

TEST_CASE("on a terminal the state is redrawn and taken away") {
  FakeGateway gateway;
  gateway.queues[kName] = {Verified("example.com", {"fail", "pass"}),
                           Verified("example.com", {"pass", "pass"})};
  const auto outcome = Wait(gateway, {"7", "--wait"}, true);
  CHECK(outcome.err.find("\x1b[3A\x1b[J") != std::string::npos);
  for (const auto line : Split(outcome.err, '\n')) CHECK(line.size() < 100);
}

TEST_CASE("a gateway that goes away between two rounds is no verdict") {
  FakeGateway gateway;
  gateway.queues[kName] = {Verified("example.com", {"fail"}), "<html>",
                           Verified("example.com", {"pass"})};
  CHECK(Wait(gateway, {"7", "--wait"}).status == kExitDone);
  gateway.queues[kName] = {"<html>"};
  CHECK(Wait(gateway, {"7", "--wait"}).status == kExitUnreachable);
}

TEST_CASE("a refusal ends waiting") {
  FakeGateway gateway;
  gateway.replies[kName] = R"({"Success":false,"ErrorCode":2,"ErrorText":"no"})";
  const auto outcome = Wait(gateway, {"7", "--wait"});
  CHECK(outcome.status == kExitNotFound);
  CHECK(outcome.pause.pauses == 0);
}

TEST_CASE("a signal ends waiting as shells expect") {
  FakeGateway gateway;
  gateway.replies[kName] = Verified("example.com", {"fail"});
  FakePause pause;
  pause.signal = 15;
  const auto outcome = Wait(gateway, {"7", "--wait"}, false, pause);
  CHECK(outcome.status == 143);
  CHECK(outcome.err.find("stopped") != std::string::npos);
}

TEST_CASE("of several domains only those that do not pass are looked up again") {
  FakeGateway gateway;
  gateway.queues[kName] = {Verified("a.example", {"pass"}), Verified("b.example", {"fail"}),
                           Verified("b.example", {"pass"})};
  const auto outcome = Wait(gateway, {"7", "--domain-id", "8", "--wait"});
  CHECK(outcome.status == kExitDone);
  REQUIRE(gateway.requests.size() == 3);
  CHECK(gateway.Body(0)["DomainID"] == 8);
  CHECK(gateway.Body(1)["DomainID"] == 7);
  CHECK(gateway.Body(2)["DomainID"] == 7);
  CHECK(Json::parse(outcome.out).size() == 2);
}

TEST_CASE("several domains are printed in every form") {
  const auto printed = [](const std::string& form, const std::string& field = "") {
    FakeGateway gateway;
    gateway.queues[kName] = {Verified("a.example", {"pass"}), Verified("b.example", {"pass"})};
    std::vector<std::string> arguments = {"7", "8", "-o", form};
    if (!field.empty()) arguments.insert(arguments.end(), {"--field", field});
    return Wait(gateway, arguments).out;
  };
  CHECK(printed("json", "Domain.SenderDomain") == "a.example\nb.example\n");
  CHECK(Json::parse(printed("json"))[1]["Domain"]["SenderDomain"] == "b.example");
  CHECK(printed("yaml").starts_with("-\n  Success: true\n"));
  CHECK(Split(printed("csv"), '\n').size() == 4);
  CHECK(printed("table").find("b.example") != std::string::npos);
  CHECK(printed("raw").find("}\n{") != std::string::npos);
}

TEST_CASE("what is wrong with the options is told before anything is asked") {
  FakeGateway gateway;
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--report", "xml=f"},
                                                  {"--report", "junit"},
                                                  {"--report", "junit="},
                                                  {"--report", "junit=/nonexistent/f"},
                                                  {"--interval", "10s"},
                                                  {"--wait", "--interval", "0"},
                                                  {"--wait", "--timeout", "x"}}) {
    auto arguments = options;
    arguments.push_back("7");
    CHECK(Wait(gateway, arguments).status == kExitUsage);
  }
  CHECK(Wait(gateway, {}).status == kExitUsage);
  CHECK(gateway.requests.empty());
}

TEST_CASE("reports are written when waiting is over") {
  FakeGateway gateway;
  gateway.replies[kName] = Verified("example.com", {"pass", "fail", "temperror"});
  const std::string junit = gateway.Directory() + "/junit.xml",
                    sarif = gateway.Directory() + "/dns.sarif";
  const auto outcome = Wait(gateway, {"7", "--report", "junit=" + junit, "--report",
                                      "sarif=" + sarif, "--report", "github"});
  CHECK(outcome.status == kExitDnsWrong);
  const std::string xml = FileText(junit);
  CHECK(xml.find("<testsuite name=\"example.com\" tests=\"3\" failures=\"1\" errors=\"1\"") !=
        xml.npos);
  CHECK(
      xml.find("<failure type=\"fail\" message=\"100% wrong\">expected: v=spf1 include:&lt;gw&gt; "
               "~all\nfound: a &amp; b, &quot;c&quot;</failure>") != xml.npos);
  CHECK(xml.find("<error type=\"temperror\"") != xml.npos);
  const Json log = Json::parse(FileText(sarif));
  CHECK(log["version"] == "2.1.0");
  REQUIRE(log["runs"][0]["results"].size() == 2);
  const Json& result = log["runs"][0]["results"][0];
  CHECK(result["level"] == "error");
  CHECK(log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].get<size_t>()]["id"] ==
        result["ruleId"]);
  CHECK(outcome.err ==
        "::error title=DNS of example.com::SPF TXT example.com: expected \"v=spf1 include:<gw> "
        "~all\", found \"a & b, \"c\"\": 100%25 wrong\n"
        "::warning title=DNS of example.com::SPF TXT example.com: expected \"v=spf1 include:<gw> "
        "~all\", found \"a & b, \"c\"\": 100%25 wrong\n");
  gateway.replies[kName] = Verified("example.com", {"pass"});
  CHECK(Wait(gateway, {"7", "--report", "github"}).err ==
        "::notice title=egctl verifydomain::All 1 DNS records pass\n");
}

TEST_CASE("a run without a verdict leaves an error in its reports, and nothing of an older run") {
  FakeGateway gateway;
  const std::string junit = gateway.Directory() + "/junit.xml",
                    sarif = gateway.Directory() + "/dns.sarif";
  const auto verify = [&](std::vector<std::string> arguments, FakePause pause = {}) {
    gateway.replies[kName] = Verified("example.com", {"pass"});
    REQUIRE(
        Wait(gateway, {"7", "--report", "junit=" + junit, "--report", "sarif=" + sarif}).status ==
        kExitDone);
    REQUIRE(FileText(junit).find("errors=\"0\"") != std::string::npos);
    arguments.insert(arguments.end(), {"--report", "junit=" + junit, "--report", "sarif=" + sarif});
    return Wait(gateway, arguments, false, pause);
  };
  const auto is_error = [&](const std::string& text) {
    const std::string xml = FileText(junit);
    CHECK(xml.find("<testcase name=\"verdict\"") != xml.npos);
    CHECK(xml.find("message=\"" + text) != xml.npos);
    CHECK(xml.find("errors=\"1\"") != xml.npos);
    const Json run = Json::parse(FileText(sarif))["runs"][0];
    CHECK(run["invocations"][0]["executionSuccessful"] == false);
    CHECK(run["results"].back()["ruleId"] == "no-verdict");
    CHECK(run["results"].back()["message"]["text"].get<std::string>().starts_with(text));
  };

  gateway.queues["emailgateway.getdomain"] = {"<html>"};
  CHECK(verify({"example.com"}).status == kExitUnreachable);
  is_error("not an egd answer: HTTP status 200 without a JSON object");
  CHECK(verify({"7", "--interval", "5s"}).status == kExitUsage);
  is_error("--interval needs --wait");

  // The pause comes after the first look-up, of a record that does not pass.
  FakePause stopped;
  stopped.signal = 2;
  stopped.meanwhile = [&] {};
  gateway.queues[kName] = {Verified("example.com", {"pass"}), Verified("example.com", {"fail"})};
  CHECK(verify({"7", "--wait"}, stopped).status == 130);
  is_error("stopped before all records pass");
  CHECK(FileText(junit).find("<failure type=\"fail\"") != std::string::npos);
}

}  // namespace egd::cli
