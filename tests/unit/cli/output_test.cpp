// What a reply looks like in each form.
#include "cli/output.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

const catalogue::Command& Command(const char* name) {
  return *catalogue::FindCli(name);
}

Json Parsed(const char* text) {
  return *catalogue::ParseJson(text);
}

}  // namespace

TEST_CASE("single values stand beside their names, without what the exit status says") {
  const Json body = Parsed(
      R"({"Success":true,"ErrorCode":0,"NewAPIKeyID":4,"APIKey":{"APIKeyID":4,"Description":"Shop"}})");
  CHECK(RenderTable(Command("addapi"), body, false) ==
        "NewAPIKeyID         4\n"
        "APIKey.APIKeyID     4\n"
        "APIKey.Description  Shop\n");
  CHECK(RenderTable(Command("deletedomain"), Parsed(R"({"Success":true,"ErrorCode":0})"), false)
            .empty());
}

TEST_CASE("lists are tables, as wide as their cells need") {
  const Json body = Parsed(
      R"({"APIKeys":[{"APIKeyID":4,"Note":"größe"},{"APIKeyID":1234567890,"Note":"b"}],"N":2})");
  CHECK(RenderTable(Command("user.apikey.list"), body, false) ==
        "N  2\n\n"
        "APIKeyID    Note\n"
        "4           größe\n"
        "1234567890  b\n");
}

TEST_CASE("a list shows the columns its Command declares, times as times") {
  const Json body = Parsed(
      R"({"TotalRecords":1,"Events":[{"event":"bounce","timestamp":1640000000,"Sequence":9,"message":{"headers":{"subject":"Hi"}},"recipient":"a@b.c"}]})");
  CHECK(RenderTable(Command("getevents"), body, false) ==
        "TotalRecords  1\n\n"
        "timestamp            event   recipient  subject  smtp_response\n"
        "2021-12-20 11:33:20  bounce  a@b.c      Hi\n");
}

TEST_CASE("DNS records show the verdict, what to publish and what is wrong") {
  const Json body =
      Parsed(R"({"Domain":{"SenderDomain":"example.com","VerificationMeta":{"DNSRecords":[
      {"Purpose":"MFROM","Host":"sl.example.com","Type":"CNAME","Value":"mfrom.gw","Status":"pass","Found":"mfrom.gw","Error":""},
      {"Purpose":"SPF","Host":"example.com","Type":"TXT","Value":"v=spf1 include:spf.gw ~all","Status":"fail","Found":"v=spf1 -all","Error":"include is missing"}]}},
      "DNSVerificationResults":{"sl.example.com":["CNAME","mfrom.gw",true]}})");
  CHECK(RenderTable(Command("verifydomain"), body, false) ==
        "Domain.SenderDomain  example.com\n\n"
        "pass       MFROM     CNAME  sl.example.com\n"
        "           mfrom.gw\n"
        "fail       SPF       TXT    example.com\n"
        "           v=spf1 include:spf.gw ~all\n"
        "           found: v=spf1 -all\n"
        "           include is missing\n");
  const std::string colored = RenderTable(Command("verifydomain"), body, true);
  CHECK(colored.find("\x1b[31mfail       \x1b[0m") != std::string::npos);
}

TEST_CASE("no reply drives the terminal") {
  const std::string evil =
      "\x1b]0;owned\x07\xc2\x9b"
      "31m\x7f\n";
  Json body{{"Domains", Json::array({{{"SenderDomain", evil}, {evil, evil}}})}, {evil, evil}};
  for (const Format format : {Format::kTable, Format::kJson, Format::kYaml, Format::kCsv}) {
    const std::string text = Render(format, Command("getdomains"), body, false);
    for (const auto line : Split(text, '\n')) {
      INFO(Printable(line));
      CHECK(!HasControl(line));
    }
  }
}

TEST_CASE("JSON is printed whole and stays JSON when characters are escaped") {
  const Json body{{"a", "\x7f\xc2\x85 é"}};
  CHECK(Render(Format::kJson, Command("getdomains"), body, false) ==
        "{\n  \"a\": \"\\u007f\\u0085 é\"\n}\n");
  CHECK(Json::parse(RenderJson(body, -1)) == body);
}

TEST_CASE("YAML is nested by indentation, with quoted texts") {
  const Json body = Parsed(R"({"a":1,"no":"yes","b c":{"d":[],"e":[1,{"f":"x: y"}]},"g":{}})");
  CHECK(RenderYaml(body) ==
        "a: 1\n"
        "\"no\": \"yes\"\n"
        "\"b c\":\n"
        "  d: []\n"
        "  e:\n"
        "    - 1\n"
        "    -\n"
        "      f: \"x: y\"\n"
        "g: {}\n");
}

TEST_CASE("CSV has a line an element, all columns that occur, quoted where needed") {
  const Json body = Parsed(
      R"({"TotalRecords":2,"Events":[{"event":"a,b","message":{"id":1}},{"event":"\"q\"","tags":["x","y"]}]})");
  CHECK(RenderCsv(body) ==
        "event,message.id,tags\n"
        "\"a,b\",1,\n"
        "\"\"\"q\"\"\",,\"[\"\"x\"\",\"\"y\"\"]\"\n");
  CHECK(RenderCsv(Parsed(R"({"MessageID":"u"})")) == "MessageID\nu\n");
}

TEST_CASE("one field is printed as it is") {
  const Json body = Parsed(
      R"({"Domain":{"DomainID":7,"SenderDomain":"example.com"},"Domains":[{"DomainID":1},{"DomainID":2}],"R":{"sl.example.com":["CNAME",true]}})");
  CHECK(RenderField(body, "Domain.DomainID") == "7");
  CHECK(RenderField(body, "Domain.SenderDomain") == "example.com");
  CHECK(RenderField(body, "Domains[1].DomainID") == "2");
  CHECK(RenderField(body, "Domains[].DomainID") == "1\n2");
  CHECK(RenderField(body, "Domain") == R"({"DomainID":7,"SenderDomain":"example.com"})");
  CHECK(RenderField(body, "R.sl.example.com[0]") == std::nullopt);
  CHECK(RenderField(body, "R.sl.example.com") == R"(["CNAME",true])");
  for (const char* absent : {"", "Nope", "Domain.Nope", "Domains[2]", "Domains[-1]", "Domains[x]",
                             "Domains[", "Domain.DomainID.x"}) {
    INFO(absent);
    CHECK(!RenderField(body, absent));
  }
}

}  // namespace egd::cli
