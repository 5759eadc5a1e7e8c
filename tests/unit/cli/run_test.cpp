// egctl from arguments to exit status, against a gateway in this process on a Unix socket.
#include "cli/run.h"

#include <filesystem>
#include <thread>

#include <catch2/catch.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "shared/base/strings.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/exit_status.h"
#include "shared/catalogue/help.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

constexpr const char* kDomain =
    R"({"Success":true,"ErrorCode":0,"Domain":{"DomainID":7,"SenderDomain":"example.com"}})";
constexpr const char* kDomains =
    R"({"Success":true,"ErrorCode":0,"Domains":[{"DomainID":7,"SenderDomain":"example.com","Status":"Enabled"}]})";

}  // namespace

TEST_CASE("version and help are results") {
  CHECK(Egctl({"--version"}).out.starts_with("egctl "));
  CHECK(Egctl({"--version"}).status == kExitDone);
  CHECK(Egctl({"--help"}).out == Overview());
  CHECK(Egctl({"help"}).out == Overview());
  for (const Command& command : All()) {
    const auto help = Egctl({std::string(command.CliName()), "--help"});
    CHECK(help.status == kExitDone);
    CHECK(help.out == HelpOf(command));
  }
  CHECK(Egctl({"help", "adddomain"}).out == HelpOf(*FindCli("adddomain")));
  CHECK(Egctl({"login", "-h"}).out.starts_with("Usage: egctl login"));
}

TEST_CASE("a text is printed as it comes, a refusal in its place is not") {
  FakeGateway gateway;
  gateway.replies["emailgateway.exportevents"] = gateway.replies["emailgateway.getdomain"] =
      "\xef\xbb\xbfTime,Event\r\n";
  gateway.type = "text/csv; charset=utf-8";
  const auto text = Egctl({"exportevents", "7"}, At(gateway), true);
  CHECK(text.status == kExitDone);
  CHECK(text.out == "\xef\xbb\xbfTime,Event\r\n");
  CHECK(Egctl({"getdomain", "7"}, At(gateway)).status == kExitUnreachable);  // no text expected
  gateway.replies["emailgateway.exportevents"] =
      R"({"Success":false,"ErrorCode":2,"ErrorText":"Domain not found"})";
  gateway.type = "application/json";
  const auto refused = Egctl({"exportevents", "7"}, At(gateway));
  CHECK(refused.status == kExitNotFound);
  CHECK(refused.out.empty());
}

TEST_CASE("a name with a dot may be written as words") {
  FakeGateway gateway;
  const auto asked = [&](const std::vector<std::string>& words) {
    Egctl(words, At(gateway));
    return gateway.Body(gateway.requests.size() - 1);
  };
  const Json pause = asked({"queue.pause", "example.org"});
  CHECK(pause == Json{{"Command", "queue.pause"}, {"Destination", "example.org"}});
  CHECK(asked({"queue", "pause", "example.org"}) == pause);
  CHECK(asked({"-v", "Queue", "PAUSE", "example.org"}) == pause);
  CHECK(asked({"queue", "--destination", "pause"})["Command"] == "queue");
  CHECK(asked({"user", "apikey", "list"})["Command"] == "user.apikey.list");
  CHECK(Egctl({"queue", "pause", "--help"}).out == HelpOf(*FindCli("queue.pause")));
  CHECK(Egctl({"help", "queue", "pause"}).out == HelpOf(*FindCli("queue.pause")));
  CHECK(Egctl({"webhook", "listen", "-h"}).out.starts_with("Usage: egctl webhook.listen"));
}

TEST_CASE("the argument of a command does not make it another command") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomain"] =
      R"({"Success":true,"ErrorCode":0,"Domain":{"DomainID":7,"SenderDomain":"public"}})";
  Egctl({"getwebhooks", "public"}, At(gateway));
  REQUIRE(gateway.requests.size() == 2);
  CHECK(gateway.Body(1)["Command"] == "emailgateway.getwebhooks");
  CHECK_FALSE(IsWrittenAsWords("getwebhooks.public"));
  CHECK_FALSE(IsWrittenAsWords("getdomain"));
  CHECK(IsWrittenAsWords("queue.pause"));
}

TEST_CASE("a wrong command line exits with 2, says why and prints no result") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"adddomian", "x"}, "there is no command adddomian; did you mean adddomain?"},
      {{"help", "adddomian"}, "there is no command adddomian; did you mean adddomain?"},
      {{"queue", "puase", "x"}, "unexpected argument puase"},
      {{"list"}, "list must be followed by one of create, get, update"},
      {{"list", "--help"}, "list must be followed by one of create, get, update"},
      {{"user", "creat"}, "there is no command user.creat; did you mean user.create?"},
      {{"help", "user", "creat"}, "there is no command user.creat; did you mean user.create?"},
      {{"--verison"}, "there is no option --verison"},
      {{"--url", "unix:/x"}, "no command is given"},
      {{"getdomain"}, "DomainID is missing"},
      {{"getdomain", "7", "--feild", "x"}, "there is no option --feild; did you mean --field?"},
      {{"getdomain", "7", "-o", "xml"}, "--output must be one of"},
      {{"getdomain", "7", "--field", "Domian.DomainID"},
       "the answer has no field Domian; did you mean Domain?"},
      {{"getdomain", "7", "--timeout", "0"}, "--timeout must be"},
      {{"getdomain", "7", "--as-user", "jane"}, "--as-user must be"},
      {{"getdomain", "7", "--url", "gopher://x"}, "is not a URL"},
      {{"getdomain", "7", "--profile", "x"}, "there is no profile x"},
      {{"getdomain", "7", "--api-key-file", "none"}, "cannot read none"},
      {{"generate"}, "generate takes one directory"},
      {{"login", "--username", "jane"}, "Password is missing"},
  };
  for (const auto& [arguments, text] : cases) {
    INFO(arguments.front());
    const auto outcome = Egctl(arguments);
    CHECK(outcome.status == kExitUsage);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find(text) != std::string::npos);
  }
  CHECK(Egctl({}).status == kExitUsage);
  CHECK(Egctl({}).err == Overview());
}

TEST_CASE("an error text is safe on a terminal") {
  CHECK(!HasControl(Split(Egctl({"\x1b[31mx"}).err, '\n')[0]));
}

TEST_CASE("a call sends Command, parameters and key, and prints JSON into a pipe") {
  FakeGateway gateway;
  gateway.replies["emailgateway.adddomain"] =
      R"({"Success":true,"ErrorCode":0,"NewSenderDomainID":7,"Domain":{"DomainID":7}})";
  auto environment = At(gateway);
  environment["EGCTL_API_KEY"] = "the-key";
  const auto outcome = Egctl({"adddomain", "example.com", "--as-user", "3"}, environment);
  CHECK(outcome.err.empty());
  CHECK(outcome.status == kExitDone);
  CHECK(Json::parse(outcome.out)["NewSenderDomainID"] == 7);
  REQUIRE(gateway.requests.size() == 1);
  CHECK(gateway.Body(0) ==
        Json{{"Command", "emailgateway.adddomain"}, {"DomainName", "example.com"}, {"UserID", 3}});
  CHECK(gateway.requests[0].get_header_value("Authorization") == "Bearer the-key");
  CHECK(gateway.requests[0].get_header_value("Content-Type") == "application/json");
  CHECK(gateway.requests[0].get_header_value("Host") == "localhost");
}

TEST_CASE("the full name of a Command is a command too") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomains"] = kDomains;
  CHECK(Egctl({"emailgateway.getdomains"}, At(gateway)).status == kExitDone);
}

TEST_CASE("a terminal gets a table, unless another form is asked for") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomains"] = kDomains;
  CHECK(Egctl({"getdomains"}, At(gateway), true).out.starts_with("Domain       Status"));
  CHECK(Egctl({"getdomains", "-o", "raw"}, At(gateway), true)
            .out.find(R"("SenderDomain":"example.com")") != std::string::npos);
  const auto csv = Egctl({"-o", "csv", "getdomains"}, At(gateway), true).out;
  CHECK(csv.starts_with("DomainID,SenderDomain,Status,"));
  CHECK(csv.find("\n7,example.com,Enabled,") != std::string::npos);
  CHECK(Egctl({"getdomains", "--output=yaml"}, At(gateway)).out.starts_with("Success: true\n"));
  CHECK(Egctl({"getdomains", "--field", "Domains[0].DomainID"}, At(gateway)).out == "7\n");
}

TEST_CASE("colours are for terminals that want them") {
  FakeGateway gateway;
  gateway.replies["emailgateway.verifydomain"] =
      R"({"Success":true,"ErrorCode":0,"Domain":{"VerificationMeta":{"DNSRecords":[{"Status":"fail","Host":"h"}]}}})";
  auto environment = At(gateway);
  environment["TERM"] = "xterm";
  const auto colored = Egctl({"verifydomain", "7"}, environment, true);
  CHECK(colored.status == kExitDnsWrong);
  CHECK(colored.out.find("\x1b[31m") != std::string::npos);
  environment["NO_COLOR"] = "1";
  CHECK(Egctl({"verifydomain", "7"}, environment, true).out.find('\x1b') == std::string::npos);
}

TEST_CASE("a domain's name is looked up") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomain"] = kDomain;
  CHECK(Egctl({"getdomain", "Example.COM.", "--as-user", "3"}, At(gateway)).status == kExitDone);
  REQUIRE(gateway.requests.size() == 2);
  CHECK(gateway.Body(0)["DomainName"] == "Example.COM.");
  CHECK_FALSE(gateway.Body(0).contains("DomainID"));
  CHECK(gateway.Body(0)["UserID"] == 3);
  CHECK(gateway.Body(1)["DomainID"] == 7);
  gateway.replies["emailgateway.getdomain"] =
      R"({"Success":false,"ErrorCode":2,"ErrorText":"Domain not found or access denied"})";
  const auto unknown = Egctl({"getdomain", "example.org"}, At(gateway));
  CHECK(unknown.status == kExitNotFound);
  CHECK(unknown.err == "egctl: there is no sender domain example.org\n");
}

TEST_CASE("names in a list of domains are looked up") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomain"] = kDomain;
  Egctl({"accountstats", "--domain-ids", "9,example.com"}, At(gateway));
  REQUIRE(gateway.requests.size() == 2);
  CHECK(gateway.Body(1)["DomainIDs"] == Json::array({"9", 7}));
}

TEST_CASE("a refused look-up is what the call comes to") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomain"] =
      R"({"Success":false,"ErrorCode":99998,"ErrorText":"no"})";
  const auto outcome = Egctl({"getdomain", "example.com"}, At(gateway));
  CHECK(outcome.status == kExitDenied);
  CHECK(outcome.err.starts_with("egctl: no (ErrorCode 99998)\n"));
  CHECK(outcome.err.find("egctl login") != std::string::npos);
  CHECK(gateway.requests.size() == 1);
}

TEST_CASE("a refusal is told on standard error with its code, and nothing is printed") {
  FakeGateway gateway;
  gateway.replies["emailgateway.addapi"] =
      R"({"Success":false,"ErrorCode":[3],"ErrorText":["Domain \u001b[31m"]})";
  const auto outcome = Egctl({"addapi", "Shop", "7"}, At(gateway));
  CHECK(outcome.status == kExitNotFound);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "egctl: Domain \\x1b[31m (ErrorCode 3)\n");
}

TEST_CASE("a field that the reply lacks is an error, not an empty line") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomains"] = R"({"Success":true,"ErrorCode":0,"Domains":[]})";
  const auto outcome = Egctl({"getdomains", "--field", "Domains[0].DomainID"}, At(gateway));
  CHECK(outcome.status == kExitRefused);
  CHECK(outcome.out.empty());
}

TEST_CASE("a gateway may be behind TCP and a prefix") {
  httplib::Server server;
  server.Post("/mail/api.php", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(WholeReply("emailgateway.getdomains", kDomains), "application/json");
    response.status = request.get_header_value("Host").starts_with("127.0.0.1:") ? 200 : 400;
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  CHECK(Egctl({"getdomains", "--url", url + "/mail/"}).status == kExitDone);
  const auto elsewhere = Egctl({"getdomains", "--url", url});
  CHECK(elsewhere.status == kExitUnreachable);
  CHECK(elsewhere.err.find("not an egd answer: HTTP status 404") != std::string::npos);
  server.stop();
  thread.join();
}

TEST_CASE("nobody listening exits with 3") {
  const auto outcome = Egctl({"getdomains", "--url", "unix:/nonexistent/s"});
  CHECK(outcome.status == kExitUnreachable);
  CHECK(outcome.err ==
        "egctl: cannot reach the gateway at unix:/nonexistent/s: there is no such socket; "
        "is egd running?\n");
}

TEST_CASE("-v shows the request line and the status, and no secret") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomains"] = kDomains;
  auto environment = At(gateway);
  environment["EGCTL_API_KEY"] = "s3cret-key";
  const auto outcome = Egctl({"getdomains", "-v"}, environment);
  CHECK(outcome.err.find("> POST /api.php Command=emailgateway.getdomains (unix:") == 0);
  CHECK(outcome.err.find("< 200 X-Request-ID: req-1\n") != std::string::npos);
  CHECK(outcome.err.find("s3cret") == std::string::npos);
}

TEST_CASE("an idempotency key is a header") {
  FakeGateway gateway;
  gateway.replies["emailgateway.sendemail"] = R"({"MessageID":"u"})";
  FakeInput input;
  input.files["b.txt"] = "hi";
  const auto outcome =
      Egctl({"sendemail", "S", "--from", "a@example.com", "--to", "b@example.com", "--body-file",
             "b.txt", "--idempotency-key", "k1", "--field", "MessageID"},
            At(gateway), false, input);
  CHECK(outcome.out == "u\n");
  CHECK(gateway.requests.at(0).get_header_value("Idempotency-Key") == "k1");
  CHECK(gateway.Body(0)["PlainContent"] == "hi");
  CHECK(!gateway.Body(0).contains("IdempotencyKey"));
}

TEST_CASE("login keeps the session in a profile, which the next call uses") {
  FakeGateway gateway;
  gateway.replies["user.login"] =
      R"({"Success":true,"ErrorCode":0,"SessionID":"sess","UserInfo":{"Username":"jane"}})";
  FakeInput input;
  input.answers = {{"Username", "jane"}, {"Password", "s3cret"}};
  auto environment = At(gateway);
  environment["EGCTL_API_KEY"] = "lies-around";
  const auto outcome = Egctl({"login"}, environment, true, input);
  CHECK(outcome.status == kExitDone);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.starts_with("egctl: logged in as jane; kept in profile default of "));
  CHECK(outcome.err.find("sess;") == std::string::npos);
  CHECK(gateway.Body(0) ==
        Json{{"Command", "user.login"}, {"Username", "jane"}, {"Password", "s3cret"}});

  Egctl({"user.current"}, {{"XDG_CONFIG_HOME", gateway.Directory()}});
  REQUIRE(gateway.requests.size() == 2);
  CHECK(gateway.Body(1)["SessionID"] == "sess");
  CHECK(!gateway.requests[1].has_header("Authorization"));
}

TEST_CASE("login with a key checks and keeps the key") {
  FakeGateway gateway;
  gateway.replies["user.login"] =
      R"({"Success":true,"ErrorCode":0,"SessionID":"sess","UserInfo":{"Username":"jane"}})";
  FakeInput input;
  input.files["key"] = "the-key\n";
  CHECK(Egctl({"login", "--api-key-file", "key", "--profile", "prod"}, At(gateway), false, input)
            .status == kExitDone);
  CHECK(gateway.Body(0) == Json{{"Command", "user.login"}, {"APIKey", "the-key"}});
  Egctl({"user.current", "--profile", "prod"}, {{"XDG_CONFIG_HOME", gateway.Directory()}});
  REQUIRE(gateway.requests.size() == 2);
  CHECK(gateway.requests[1].get_header_value("Authorization") == "Bearer the-key");
}

TEST_CASE("a failed login keeps nothing") {
  FakeGateway gateway;
  gateway.replies["user.login"] = R"({"Success":false,"ErrorCode":[3],"ErrorText":["wrong"]})";
  FakeInput input;
  input.answers = {{"Username", "jane"}, {"Password", "x"}};
  const auto outcome = Egctl({"login"}, At(gateway), true, input);
  CHECK(outcome.status == kExitDenied);
  CHECK(outcome.err == "egctl: wrong (ErrorCode 3)\n");
  CHECK(!std::filesystem::exists(gateway.Directory() + "/egctl/config.toml"));
}

TEST_CASE("generate writes man pages and completions") {
  char pattern[] = "/tmp/egctl-gen-XXXXXX";
  const std::string directory = ::mkdtemp(pattern);
  CHECK(Egctl({"generate", directory}).status == kExitDone);
  CHECK(std::filesystem::exists(directory + "/man/egctl-adddomain.1"));
  CHECK(std::filesystem::exists(directory + "/completions/_egctl"));
  std::filesystem::remove_all(directory);
  CHECK(Egctl({"generate", "/proc/nowhere"}).status == kExitRefused);
}

}  // namespace egd::cli
