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

TEST_CASE("no reply drives the terminal") {
  const std::string evil =
      "\x1b]0;owned\x07\xc2\x9b"
      "31m\x7f\n";
  Json body{{"Domains", Json::array({{{"SenderDomain", evil}, {evil, evil}}})}, {evil, evil}};
  for (const Format format : {Format::kTable, Format::kJson, Format::kYaml, Format::kCsv}) {
    const std::string text = Render(format, Command("getdomains"), body, Page());
    for (const auto line : Split(text, '\n')) {
      INFO(Printable(line));
      CHECK(!HasControl(line));
    }
  }
}

TEST_CASE("JSON is printed whole and stays JSON when characters are escaped") {
  const Json body{{"a", "\x7f\xc2\x85 é"}};
  CHECK(Render(Format::kJson, Command("getdomains"), body, Page()) ==
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
