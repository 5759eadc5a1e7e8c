// What a plan has for a document and what is there.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/desired/document.h"
#include "cli/desired/plan.h"
#include "cli/desired/plan_text.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

DesiredState Wanted(const std::string& toml) {
  const auto document = ReadDocument("g", toml, DocumentFormat::kToml);
  REQUIRE(document);
  auto checked = ReadState(*document, "g",
                           [](const std::string&) -> Result<std::string> { return std::string(); });
  REQUIRE(checked.mistakes.empty());
  REQUIRE(SetOwner(checked.state, "jane", "g").empty());
  return std::move(checked.state);
}

Item Thing(Kind kind, int64_t id, const Json& values, const std::string& domain = "",
           const std::string& owner = "jane") {
  return {.kind = kind, .owner = owner, .domain = domain, .values = values, .id = id};
}

Item Domain(int64_t id, const std::string& name, bool links = true) {
  return Thing(Kind::kDomain, id,
               {{"name", name}, {"status", "Enabled"}, {"options.link_tracking", links}});
}

// "+ list ..." of each change.
std::vector<std::string> Headlines(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Change& change : plan.changes) lines.push_back(Headline(change));
  for (const auto& change : plan.suppressions) lines.push_back(Headline(change));
  return lines;
}

using Texts = std::vector<std::string>;

constexpr const char* kDomain = R"([[domains]]
name = "example.com"
api_keys = [{description = "Shop"}]
[domains.options]
link_tracking = false
subdomain = ""
)";

}  // namespace

TEST_CASE("what is missing is created, parents first") {
  const auto plan =
      Compare(Wanted(std::string(kDomain) + "[[lists]]\nname = \"L\""), {}, false, "g");
  CHECK(Headlines(plan) == Texts{"+ domain example.com (user jane)",
                                 "+ API key \"Shop\" of example.com (user jane)",
                                 "+ list \"L\" (user jane)"});
  CHECK(PlanText(plan, false) ==
        "+ domain example.com (user jane)\n"
        "    name: \"example.com\"\n"
        "    options.link_tracking: false\n"
        "+ API key \"Shop\" of example.com (user jane)\n"
        "    description: \"Shop\"\n"
        "+ list \"L\" (user jane)\n"
        "    name: \"L\"\n"
        "Plan: 3 to create.\n");
}

TEST_CASE("what is as wanted changes nothing, whatever else it has") {
  const auto plan = Compare(Wanted(kDomain),
                            {Domain(1, "example.com", false),
                             Thing(Kind::kApiKey, 2, {{"description", "Shop"}}, "example.com"),
                             Thing(Kind::kApiKey, 3, {{"description", "Other"}}, "example.com")},
                            false, "g");
  CHECK(plan.empty());
  CHECK(PlanText(plan, false) == "No changes.\n");
}

TEST_CASE("a change is never empty, and says from what to what") {
  const auto plan = Compare(
      Wanted(kDomain),
      {Domain(7, "example.com"), Thing(Kind::kApiKey, 2, {{"description", "Shop"}}, "example.com")},
      false, "g");
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].item.id == 7);
  CHECK(PlanText(plan, false) ==
        "~ domain example.com (user jane)\n"
        "    options.link_tracking: true -> false\n"
        "Plan: 1 to change.\n");
}

TEST_CASE("the order of permissions and the case of addresses are no difference") {
  const Item jane =
      Thing(Kind::kUser, 1,
            {{"username", "jane"},
             {"email_address", "jane@example.com"},
             {"permissions", {"EmailGateway.AddDomain", "EmailGateway.ManageDomain"}}},
            "", "");
  const char* same = R"([[users]]
username = "Jane"
email_address = "Jane@Example.com"
permissions = ["EmailGateway.ManageDomain", "EmailGateway.AddDomain"])";
  CHECK(Compare(Wanted(same), {jane}, false, "g").empty());
  CHECK_FALSE(
      Compare(Wanted("[[users]]\nusername=\"jane\"\npermissions=[]"), {jane}, false, "g").empty());
}

TEST_CASE("things of one name are paired in order") {
  const auto wanted = Wanted("[[lists]]\nname = \"L\"\n[[lists]]\nname = \"L\"");
  const Item one = Thing(Kind::kList, 1, {{"name", "L"}}),
             two = Thing(Kind::kList, 2, {{"name", "L"}}),
             three = Thing(Kind::kList, 3, {{"name", "L"}});
  CHECK(Compare(wanted, {one}, false, "g").Count(Action::kCreate) == 1);
  CHECK(Compare(wanted, {one, two}, true, "g").empty());
  const auto pruned = Compare(wanted, {one, two, three}, true, "g");
  REQUIRE(pruned.changes.size() == 1);
  CHECK(pruned.changes[0].item.id == 3);
}

TEST_CASE("only what the document has lists of is pruned, domains and users never") {
  const std::vector<Item> present = {
      Domain(1, "example.com"),
      Domain(2, "other.example"),
      Thing(Kind::kApiKey, 3, {{"description", "Old"}}, "example.com"),
      Thing(Kind::kWebhook, 4, {{"event", "open"}, {"url", "https://a.example"}}, "example.com"),
      Thing(Kind::kApiKey, 5, {{"description", "Kept"}}, "other.example"),
      Thing(Kind::kList, 6, {{"name", "L"}, {"subscribers", 2}}),
      Thing(Kind::kTemplate, 7, {{"name", "T"}}),
      Thing(Kind::kList, 8, {{"name", "M"}}, "", "joe")};
  const auto wanted = Wanted("lists = []\n[[domains]]\nname = \"example.com\"\napi_keys = []");
  const auto plan = Compare(wanted, present, true, "g");
  CHECK(Headlines(plan) ==
        Texts{"- list \"L\" (user jane)", "- API key \"Old\" of example.com (user jane)"});
  CHECK(plan.unlisted == Texts{"domain other.example (user jane)"});
  CHECK(PlanText(plan, false).find("    subscribers: 2\n") != std::string::npos);
  CHECK(Compare(wanted, present, false, "g").empty());
}

TEST_CASE("what is new must be complete") {
  const auto plan =
      Compare(Wanted("[[users]]\nusername = \"joe\"\n[[templates]]\nname = \"T\""), {}, false, "g");
  CHECK(plan.mistakes == Texts{"g:1: user joe is new and needs `email_address`",
                               "g:3: template \"T\" (user jane) is new and needs `content_type`"});
}

TEST_CASE("a long text shows the lines that differ") {
  const Item present = Thing(
      Kind::kTemplate, 1, {{"name", "T"}, {"content_type", "HTML"}, {"html_content", "a\nb\nc"}});
  const auto plan = Compare(Wanted("[[templates]]\nname=\"T\"\nhtml_content=\"a\\nB\\nB2\\nc\""),
                            {present}, false, "g");
  CHECK(PlanText(plan, false) ==
        "~ template \"T\" (user jane)\n"
        "    html_content: from line 2\n"
        "        - b\n"
        "        + B\n"
        "        + B2\n"
        "Plan: 1 to change.\n");
  const std::string head(500, 'x');
  const Item line =
      Thing(Kind::kTemplate, 1,
            {{"name", "T"}, {"content_type", "HTML"}, {"html_content", head + "old"}});
  const auto cut =
      PlanText(Compare(Wanted("[[templates]]\nname=\"T\"\nhtml_content=\"" + head + "new\""),
                       {line}, false, "g"),
               false);
  CHECK(cut.find("xold\n") != std::string::npos);
  CHECK(cut.find("xnew\n") != std::string::npos);
  CHECK(cut.size() < 300);
}

TEST_CASE("what the gateway says cannot drive the terminal") {
  const auto plan =
      Compare(Wanted("lists = []"), {Thing(Kind::kList, 1, {{"name", "\x1b[2J"}})}, true, "g");
  CHECK(PlanText(plan, false).find('\x1b') == std::string::npos);
  CHECK(PlanText(plan, true).starts_with("\x1b[31m- list"));
}

TEST_CASE("suppressions: what is missing is added, what was entered by hand is pruned") {
  const auto wanted = Wanted(
      "suppressions = [\"a@x.example\", \"b@x.example\", {address = \"c@x.example\", reason = "
      "\"r\"}]");
  const auto compared = [&](bool prune) {
    SuppressionComparison comparison(wanted, "jane", prune);
    for (const auto& row :
         std::vector<SuppressionComparison::Row>{{"a@x.example", "all", "manual"},
                                                 {"b@x.example", "bulk", "unsubscribe"},
                                                 {"bounced@x.example", "all", "bounce"},
                                                 {"hand@x.example", "all", "manual"},
                                                 {"left@x.example", "all", "manual"},
                                                 {"left@x.example", "list:3", "unsubscribe"}}) {
      comparison.See(row);
    }
    Plan plan;
    plan.suppressions = comparison.Changes();
    return plan;
  };
  CHECK(Headlines(compared(false)) ==
        Texts{"+ 1 suppression (user jane)", "+ 1 suppression because of \"r\" (user jane)"});
  const auto pruned = compared(true);
  REQUIRE(pruned.suppressions.size() == 3);
  CHECK(pruned.suppressions[0].addresses == Texts{"b@x.example"});
  CHECK(pruned.suppressions[2].addresses == Texts{"hand@x.example"});
  CHECK(pruned.Count(Action::kDelete) == 1);
}

TEST_CASE("a plan for programs has its differences") {
  const auto json =
      PlanJson(Compare(Wanted("[[domains]]\nname=\"example.com\"\noptions={link_tracking=false}"),
                       {Domain(1, "example.com")}, false, "g"));
  CHECK(json["Changes"][0].dump() ==
        R"({"Action":"change","Kind":"domain","Name":"example.com","User":"jane",)"
        R"("Diff":[{"Key":"options.link_tracking","Before":true,"After":false}]})");
  CHECK(json["Change"] == 1);
}

}  // namespace egd::cli
