// From a command line to the parameters that are sent.
#include "cli/request.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/values.h"
#include "shared/base/encoding.h"
#include "tests/unit/cli/fake_input.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

FakeInput Files() {
  FakeInput input;
  input.files = {{"body.html", "<p>hi</p>"}, {"body.txt", "hi\n"},    {"password", "s3cret\n"},
                 {"dir/a.pdf", "%PDF"},      {"logo.png", "\x89PNG"}, {"-", "from stdin"}};
  return input;
}

// Every file is there.
class AnyFile : public FakeInput {
 public:
  Result<std::string> Read(const std::string& path) override {
    return std::string(path.ends_with(".json") ? "[{}]" : "text");
  }
};

Result<Json> Request(const char* name, const std::vector<std::string>& arguments,
                     FakeInput input = Files()) {
  const catalogue::Command& command = *catalogue::FindCli(name);
  const auto words = ParseWords(catalogue::OptionsOf(command), arguments);
  if (!words) return words.error();
  return BuildRequest(command, *words, input);
}

Json Built(const char* name, const std::vector<std::string>& arguments) {
  const auto request = Request(name, arguments);
  UNSCOPED_INFO((request ? "" : request.error().public_text));
  REQUIRE(request);
  return *request;
}

std::string Refused(const char* name, const std::vector<std::string>& arguments) {
  const auto request = Request(name, arguments);
  REQUIRE(!request);
  return request.error().public_text;
}

}  // namespace

TEST_CASE("what follows the equals sign is the value, whatever it looks like") {
  CHECK(Refused("adddomain", {"--domain-name=", "--subdomain=out"}) == "DomainName is missing");
  CHECK(Refused("sendemail", {"Hi", "--from=", "--to=", "--plain-content", "x"}) ==
        "From is missing; To is missing");
  CHECK(Built("updatedomain", {"7", "--subdomain=", "--link-tracking=no"}) ==
        Json{{"LinkTracking", 0}, {"Subdomain", ""}, {"DomainID", 7}});
  CHECK(Refused("updatedomain", {"7", "--link-tracking={}"}).starts_with("LinkTracking must be"));
  for (const std::vector<std::string>& name :
       {std::vector<std::string>{"--name=[News, and more]"}, {"--name", "[News, and more]"}}) {
    CHECK(Built("journey.create", name) == Json{{"Name", "[News, and more]"}});
  }
  const Json to = Json::array({{{"email", "a@example.org"}}, {{"email", "b@example.org"}}});
  CHECK(Built("sendemail", {"Hi", "--from", "c@example.com", "--plain-content", "x",
                            "--to=" + to.dump()})["To"] == to);
}

TEST_CASE("required parameters go by position, all others as options") {
  CHECK(Built("adddomain", {"example.com"}) == Json{{"DomainName", "example.com"}});
  CHECK(Built("adddomain", {"--domain-name", "example.com"}) ==
        Json{{"DomainName", "example.com"}});
  CHECK(Built("adddomain", {"--subdomain=out", "example.com", "--track-merge", "."}) ==
        Json{{"Subdomain", "out"}, {"TrackMerge", "."}, {"DomainName", "example.com"}});
  CHECK(Built("getevents", {"7", "0", "50"}) ==
        Json{{"DomainID", 7}, {"StartFrom", 0}, {"RetrieveCount", 50}});
}

TEST_CASE("an option leaves its place to the next positional") {
  CHECK(Built("addapi", {"--description", "Shop", "7"}) ==
        Json{{"Description", "Shop"}, {"DomainID", 7}});
  CHECK(Built("addapi", {"--domain-id", "7", "Shop"}) ==
        Json{{"DomainID", 7}, {"Description", "Shop"}});
}

TEST_CASE("a domain's name stands for its ID until it is looked up") {
  CHECK(Built("getdomain", {"example.com"}) == Json{{"DomainID", "example.com"}});
  CHECK(Built("getdomain", {"123"}) == Json{{"DomainID", 123}});
}

TEST_CASE("switches are numbers or booleans, as the API spells them") {
  CHECK(Built("updatedomain",
              {"7", "--link-tracking", "--no-open-tracking", "--unsubscribe-link=no"}) ==
        Json{{"LinkTracking", 1}, {"OpenTracking", 0}, {"UnsubscribeLink", 0}, {"DomainID", 7}});
  const Json mail =
      Built("sendemail", {"--track-links=false", "--track-opens", "S", "plain", "a@b.c", "d@e.f"});
  CHECK(mail["TrackLinks"] == false);
  CHECK(mail["TrackOpens"] == true);
}

TEST_CASE("an empty value is one where the API takes it as a reset") {
  CHECK(Built("updatedomain", {"7", "--subdomain", ""}) ==
        Json{{"Subdomain", ""}, {"DomainID", 7}});
}

TEST_CASE("texts in brackets are texts, not lists") {
  const Json mail =
      Built("sendemail", {"[News, today]", "plain", "a@b.c", "d@e.f", "--plain-content", "[x]"});
  CHECK(mail["Subject"] == "[News, today]");
  CHECK(mail["PlainContent"] == "[x]");
}

TEST_CASE("addresses are written as people write them") {
  CHECK(MailboxOf("Jane <jane@example.com>") ==
        Json{{"name", "Jane"}, {"email", "jane@example.com"}});
  CHECK(MailboxOf(R"("Smith, \"J\"" <j@example.com> )") ==
        Json{{"name", "Smith, \"J\""}, {"email", "j@example.com"}});
  CHECK(MailboxOf(" jane@example.com ") == Json{{"name", ""}, {"email", "jane@example.com"}});
  CHECK(MailboxOf("<jane@example.com>") == Json{{"name", ""}, {"email", "jane@example.com"}});
  CHECK(MailboxOf("\"") == Json{{"name", ""}, {"email", "\""}});
}

TEST_CASE("recipients add up, by option and as the last positionals") {
  const Json mail = Built(
      "sendemail", {"S", "plain", "a@b.c", "--cc", "Ä <x@y.z>", "--cc", "v@y.z", "d@e.f", "g@h.i"});
  CHECK(mail["To"].size() == 2);
  CHECK(mail["To"][1]["email"] == "g@h.i");
  CHECK(mail["CC"][0] == Json{{"name", "Ä"}, {"email", "x@y.z"}});
  CHECK(mail["CC"].size() == 2);
  const Json json = Built("sendemail", {"S", "plain", "a@b.c", "--to", R"([{"email":"d@e.f"}])"});
  CHECK(json["To"] == Json::array({{{"email", "d@e.f"}}}));
}

TEST_CASE("headers, tags and attachments") {
  const Json mail =
      Built("sendemail", {"S", "plain", "a@b.c", "d@e.f", "--header", "X-A:  1: 2", "--headers",
                          "X-B: ", "--header", "X-C=a:b", "--tags", "a, b", "--tags", "c",
                          "--attach", "dir/a.pdf", "--inline", "logo.png"});
  CHECK(mail["Headers"].dump() == R"({"X-A":"1: 2","X-B":"","X-C":"a:b"})");
  CHECK(mail["Tags"] == Json({"a", "b", "c"}));
  CHECK(mail["Attachments"][0] == Json{{"filename", "a.pdf"},
                                       {"content", Base64("%PDF")},
                                       {"type", "application/pdf"},
                                       {"disposition", "attachment"},
                                       {"contentid", ""}});
  CHECK(mail["Attachments"][1]["disposition"] == "inline");
  CHECK(mail["Attachments"][1]["contentid"] == "logo.png");
  CHECK(Refused("sendemail", {"S", "plain", "a@b.c", "d@e.f", "--header", "no colon"}) ==
        "--header must be like 'Key: value'");
  CHECK(Refused("sendemail", {"S", "plain", "a@b.c", "d@e.f", "--attach", "none"}) ==
        "cannot read none");
}

TEST_CASE("bodies come from files, and say what ContentType is") {
  const std::vector<std::string> base = {"--subject", "S", "--from", "a@b.c", "--to", "d@e.f"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), base.begin(), base.end());
    return Built("sendemail", more);
  };
  CHECK(with({"--html-file", "body.html"})["ContentType"] == "html");
  CHECK(with({"--html-file", "body.html"})["HTMLContent"] == "<p>hi</p>");
  CHECK(with({"--plain-file", "body.txt"})["ContentType"] == "plain");
  CHECK(with({"--plain-file", "body.txt", "--html-file", "body.html"})["ContentType"] == "both");
  CHECK(with({"--body-file", "-"})["PlainContent"] == "from stdin");
  CHECK(with({"--body-file", "-", "--content-type", "html"})["HTMLContent"] == "from stdin");
  CHECK(with({"--body-file", "body.html"})["HTMLContent"] == "<p>hi</p>");
  std::vector<std::string> twice = base;
  twice.insert(twice.end(), {"--body-file", "body.txt", "--plain-file", "body.txt"});
  CHECK(Refused("sendemail", twice) == "PlainContent is given twice");
}

TEST_CASE("secrets come from files or from the terminal, never from the command line") {
  CHECK(Built("user.create", {"j@example.com", "j", "--password-file", "password"})["Password"] ==
        "s3cret");
  CHECK(Refused("user.create", {"j@example.com", "j", "--password", "s3cret"})
            .starts_with("there is no option --password"));
  CHECK(Refused("user.create", {"j@example.com", "j"}) == "Password is missing");
  CHECK(Refused("user.create", {"j@example.com", "j", "s3cret"}) == "unexpected argument s3cret");
  FakeInput terminal;
  terminal.answers = {{"Password", "typed"}};
  const catalogue::Command& command = *catalogue::FindCli("user.create");
  const auto words = ParseWords(catalogue::OptionsOf(command), {"j@example.com", "j"});
  CHECK((*BuildRequest(command, *words, terminal))["Password"] == "typed");
  CHECK(terminal.asked == "Password(secret) ");
}

TEST_CASE("what is wrong is named before anything is sent") {
  CHECK(Refused("getdomain", {}) == "DomainID is missing");
  CHECK(Refused("adddomain", {""}) == "DomainName is missing");
  CHECK(Refused("adddomain", {"a.b", "c.d"}) == "unexpected argument c.d");
  CHECK(Refused("adddomain", {"--domian-name", "a.b"}) ==
        "there is no option --domian-name; did you mean --domain-name?");
  CHECK(Refused("adddomain", {"a.b", "--bogus"}) == "there is no option --bogus");
  CHECK(Refused("adddomain", {"a.b", "--subdomain", "a", "--subdomain", "b"}) ==
        "--subdomain is given more than once");
  CHECK(Refused("getevents", {"7", "x", "50"}) == "StartFrom must be an integer");
  CHECK(Refused("getevents", {"7", "0", "500"}) == "RetrieveCount must be at most 100");
  CHECK(Refused("updatedomain", {"7", "--link-tracking=maybe"}) ==
        "LinkTracking must be true or false, 1 or 0");
  CHECK(Refused("adddomain", {"a\x1b[31mb"}) == "DomainName must not contain control characters");
  CHECK(Refused("adddomain", {"--domain-name"}).find("--domain-name") != std::string::npos);
}

TEST_CASE("after -- everything is positional") {
  CHECK(Built("addapi", {"--", "--dashes", "7"}) ==
        Json{{"Description", "--dashes"}, {"DomainID", 7}});
}

TEST_CASE("a text may begin with a dash behind its option") {
  CHECK(Built("addapi", {"--description", "-5 degrees", "7"})["Description"] == "-5 degrees");
}

TEST_CASE("the command's name is found behind global options") {
  CHECK(CommandIndex({"getdomains"}) == 0);
  CHECK(CommandIndex({"--url", "unix:/x", "-v", "getdomains", "--help"}) == 3);
  CHECK(CommandIndex({"--url=unix:/x", "getdomains"}) == 1);
  CHECK(CommandIndex({"--version"}) == 1);
  CHECK(CommandIndex({"--url"}) == 1);
  CHECK(CommandIndex({}) == 0);
}

TEST_CASE("every example of the catalogue is a command line that egctl takes") {
  AnyFile input;
  for (const catalogue::Command& command : catalogue::All()) {
    INFO(command.example_cli);
    std::vector<std::string> arguments;
    std::string word;
    bool quoted = false, any = false;
    for (const char c : std::string(command.example_cli) + " ") {
      if (c == '\'') {
        quoted = !quoted;
        any = true;
      } else if (c == ' ' && !quoted) {
        if (any || !word.empty()) arguments.push_back(word);
        word.clear();
        any = false;
      } else {
        word += c;
      }
    }
    REQUIRE(arguments.size() >= 2);
    CHECK(arguments[1] == command.CliName());
    auto options = catalogue::OptionsOf(command);
    for (const auto& global : catalogue::GlobalOptions()) options.push_back(global);
    const auto words = ParseWords(options, {arguments.begin() + 2, arguments.end()});
    UNSCOPED_INFO((words ? "" : words.error().public_text));
    REQUIRE(words);
    const auto request = BuildRequest(command, *words, input);
    UNSCOPED_INFO((request ? "" : request.error().public_text));
    CHECK(request);
  }
}

}  // namespace egd::cli
