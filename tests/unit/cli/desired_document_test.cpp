// Documents of apply: the same in three formats, and what is hostile or wrong in each.
#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/desired/document.h"
#include "cli/desired/state.h"
#include "cli/output.h"
#include "shared/catalogue/cli_option.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kToml = R"(# everything
suppressions = ["gone@example.net", {address = "Left@example.net", reason = "asked"}]
[[users]]
username = "jane"
email_address = "jane@example.com"
verified = true
max_sender_domains = 5
permissions = ["EmailGateway.AddDomain"]
[[domains]]
name = "Example.com."
user = "jane"
api_keys = [{description = "Shop"}]
webhooks = [{event = "delivered", url = "https://example.com/hook"}]
[domains.options]
link_tracking = false
subdomain = "mail"
[[templates]]
name = "Welcome"
html_content = """
<p>Hello
</p>"""
[[lists]]
name = "Customers"
)";

constexpr const char* kYaml = R"(---
suppressions:
  - gone@example.net
  - address: Left@example.net
    reason: asked
users:
  - username: jane
    email_address: jane@example.com
    verified: true
    max_sender_domains: 5
    permissions: [EmailGateway.AddDomain]
domains:
  - name: Example.com.
    user: jane
    options: {link_tracking: false, subdomain: mail}
    api_keys:
      - description: "Shop"
    webhooks:
      - event: delivered
        url: https://example.com/hook
templates:
  - name: Welcome
    html_content: "<p>Hello\n</p>"
lists:
  - name: Customers
)";

constexpr const char* kJson = R"({
"suppressions": ["gone@example.net", {"address": "Left@example.net", "reason": "asked"}],
"users": [{"username": "jane", "email_address": "jane@example.com", "verified": true,
           "max_sender_domains": 5, "permissions": ["EmailGateway.AddDomain"]}],
"domains": [{"name": "Example.com.", "user": "jane",
             "options": {"link_tracking": false, "subdomain": "mail"},
             "api_keys": [{"description": "Shop"}],
             "webhooks": [{"event": "delivered", "url": "https://example.com/hook"}]}],
"templates": [{"name": "Welcome", "html_content": "<p>Hello\n</p>"}],
"lists": [{"name": "Customers"}]
})";

CheckedState StateOf(const std::string& text, DocumentFormat format,
                     const std::string& file = "gateway") {
  const auto document = ReadDocument(file, text, format);
  if (!document) return {{}, {document.error().public_text}};
  return ReadState(*document, file, [](const std::string& name) -> Result<std::string> {
    if (name == "a.html") return std::string("<p>");
    return InvalidArgument("cannot read " + name);
  });
}

std::vector<std::string> Mistakes(const std::string& text,
                                  DocumentFormat format = DocumentFormat::kToml) {
  return StateOf(text, format).mistakes;
}

// The state as a text, to compare.
std::string Shown(const CheckedState& checked) {
  Json all = Json::array();
  for (const Item& item : checked.state.items) {
    all.push_back(Json::array({SchemaOf(item.kind).key, item.owner, item.domain}));
    const auto sorted = item.values.get<std::map<std::string, Json>>();
    for (const auto& [key, value] : sorted) all.push_back(Json::array({key, value}));
  }
  for (const Suppression& s : checked.state.suppressions)
    all.push_back(Json::array({s.address, s.reason}));
  return all.dump(1);
}

std::string Repeated(const std::string& text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

constexpr DocumentFormat kFormats[] = {DocumentFormat::kToml, DocumentFormat::kYaml,
                                       DocumentFormat::kJson};

}  // namespace

TEST_CASE("three formats say the same") {
  const auto toml = StateOf(kToml, DocumentFormat::kToml);
  CHECK(toml.mistakes.empty());
  CHECK(Shown(toml) == Shown(StateOf(kYaml, DocumentFormat::kYaml)));
  CHECK(Shown(toml) == Shown(StateOf(kJson, DocumentFormat::kJson)));
  REQUIRE(toml.state.items.size() == 6);
  const Item& domain = toml.state.items[1];
  CHECK(domain.values.dump() ==
        R"({"name":"example.com","options.link_tracking":false,"options.subdomain":"mail"})");
  CHECK(domain.owner == "jane");
  CHECK(toml.state.items[2].Name() == "API key \"Shop\" of example.com (user jane)");
  CHECK(toml.state.items[3].Name() ==
        "webhook delivery to https://example.com/hook of example.com (user jane)");
  CHECK(toml.state.items[4].Text("content_type") == "HTML");
  CHECK(toml.state.suppressions[1].address == "left@example.net");
  CHECK(toml.state.owners == std::set<std::string>{"", "jane"});
}

TEST_CASE("the format is what the file's name says, else what its first line looks like") {
  const auto of = [](const char* file, const char* text) { return FormatOfDocument(file, text); };
  CHECK(of("a.yml", "[x]") == DocumentFormat::kYaml);
  CHECK(of("a.d/f", "# c\n\n[[domains]]\n") == DocumentFormat::kToml);
  CHECK(of("-", "suppressions = [\"a: b\"]") == DocumentFormat::kToml);
  CHECK(of("-", "---\ndomains:\n") == DocumentFormat::kYaml);
  CHECK(of("-", "\xef\xbb\xbf {\"lists\": []}") == DocumentFormat::kJson);
  CHECK(of("-", "") == DocumentFormat::kToml);
}

TEST_CASE("what is written in TOML is read again") {
  const Json document = Json::parse(R"({"templates": [{"name": "a \"b\" \\", "html_content":
      "x\n\"\"\"\\n\r\n\\\nz\u2028\u0085\t"}], "domains": [{"name": "a.b", "options": {"x": true},
      "webhooks": [{"event": "open"}, {"event": "click"}]}], "empty": [], "list": ["a", "b"]})");
  const auto read = ReadToml(RenderToml(document));
  REQUIRE(read);
  const auto& templates = *read->Find("templates")->value.As<Node::List>();
  CHECK(*templates[0].Find("name")->value.As<std::string>() == document["templates"][0]["name"]);
  CHECK(*templates[0].Find("html_content")->value.As<std::string>() ==
        document["templates"][0]["html_content"]);
  const auto& domain = (*read->Find("domains")->value.As<Node::List>())[0];
  CHECK(domain.Find("webhooks")->value.As<Node::List>()->size() == 2);
  CHECK(*domain.Find("options")->value.Find("x")->value.As<bool>());
}

TEST_CASE("a mistake names file, line and key") {
  CHECK(StateOf("[[domains]]\nname = \"example.com\"\nopitons = {}\n", DocumentFormat::kToml,
                "g.toml")
            .mistakes == std::vector<std::string>{
                             "g.toml:3: unknown key `opitons` in domain example.com; did you mean "
                             "`options`?"});
  CHECK(StateOf("domains:\n- opitons: {}\n  name: example.com\n", DocumentFormat::kYaml, "g")
            .mistakes ==
        std::vector<std::string>{
            "g:2: unknown key `opitons` in domain example.com; did you mean `options`?"});
  CHECK(StateOf("{\"domains\": [\n{\"name\": \"example.com\",\n\"opitons\": 1}]}",
                DocumentFormat::kJson, "g")
            .mistakes ==
        std::vector<std::string>{
            "g:3: unknown key `opitons` in domain example.com; did you mean `options`?"});
  CHECK(Mistakes("domain = []") ==
        std::vector<std::string>{"gateway:1: unknown key `domain`; did you mean `domains`?"});
  CHECK(
      Mistakes("[[domains]]\nname = \"a.b\"\n[domains.options]\nlink_trakking = true") ==
      std::vector<std::string>{"gateway:4: unknown key `link_trakking` in domain a.b; did you mean "
                               "`link_tracking`?"});
}

TEST_CASE("wrong types and values are named, all of them") {
  const auto found = Mistakes(R"([[domains]]
name = "example.com"
webhooks = [{event = "deliverd", url = "https://a.example"}, {url = "https://b.example"}]
api_keys = "Shop"
[domains.options]
link_tracking = "yes"
track_merge = "x"
[[users]]
username = 7
[[users]]
username = "joe"
max_sender_domains = -1
permissions = ["Everything"]
[[templates]]
name = "T"
html_file = "missing.html"
[[lists]]
)");
  const std::vector<std::string> expected = {
      "gateway:3: `event` in webhook of example.com must be one of ",
      "gateway:3: webhook without `event`",
      "gateway:4: `api_keys` in domain example.com must be a list of tables",
      "gateway:6: `link_tracking` in domain example.com must be true or false",
      "gateway:7: `track_merge` in domain example.com must be one of -, .",
      "gateway:9: `username` in user must be a text: put it in quotes",
      "gateway:12: `max_sender_domains` in user joe must be from 0 to 1000000000000",
      "gateway:13: `permissions` in user joe may have only ",
      "gateway:16: `html_file` in template T cannot read missing.html",
      "gateway:17: list without `name`"};
  for (const std::string& text : expected) {
    INFO(text);
    CHECK(std::ranges::any_of(found, [&](const std::string& f) { return f.starts_with(text); }));
  }
  CHECK(found.size() == expected.size());
}

TEST_CASE("values that look like others are taken for what they are") {
  const auto yaml = [](const std::string& value) {
    return Mistakes("users: [{username: " + value + "}]", DocumentFormat::kYaml);
  };
  CHECK(yaml("yes").empty());  // YAML 1.2
  CHECK(yaml("192.0.2.1").empty());
  CHECK(yaml("'7'").empty());
  CHECK(yaml("1.5").size() == 1);
  CHECK(yaml("true").size() == 1);
  CHECK(Mistakes("[[users]]\nusername = 2026-01-01").size() == 1);
  CHECK(
      Mistakes("{\"users\":[{\"username\":18446744073709551615}]}", DocumentFormat::kJson).size() ==
      1);
}

TEST_CASE("the manual names every key") {
  const auto& own = catalogue::OwnCommands();
  const auto details = std::ranges::find(own, "apply", &catalogue::OwnCommand::name)->details;
  for (const Schema& schema : Schemas()) {
    CHECK(details.find(schema.key) != std::string_view::npos);
    for (const Property& property : schema.properties) {
      const auto key = property.key.substr(property.key.find('.') + 1);
      INFO(key);
      CHECK((property.param.empty() || details.find(key) != std::string_view::npos));
    }
  }
}

TEST_CASE("suppressions are checked one by one") {
  CHECK(Mistakes("suppressions = [\"a@b.example\", \"no address\"]").size() == 1);
  CHECK(Mistakes("suppressions = [{reason = \"x\"}, {address = \"a@b\", raeson = \"x\"}]") ==
        std::vector<std::string>{
            "gateway:1: suppression without `address`",
            "gateway:1: unknown key `raeson` in a suppression; did you mean `reason`?"});
}

TEST_CASE("nesting is bounded") {
  const std::string deep = Repeated("[", 100'000);
  for (const std::string& text :
       {"lists = " + deep, Repeated("a.", 1'000'000) + "a = 1", "[" + Repeated("a.", 100) + "a]",
        "lists = " + Repeated("{a.b.c.d = ", 200) + "1" + Repeated("}", 200),
        "lists = " + Repeated("[", 30) + Repeated("]", 30)}) {
    CHECK(Mistakes(text, DocumentFormat::kToml).size() == 1);
  }
  CHECK(Mistakes("lists: " + deep, DocumentFormat::kYaml).size() == 1);
  CHECK(Mistakes("lists: " + Repeated("[", 30) + Repeated("]", 30), DocumentFormat::kYaml) ==
        std::vector<std::string>{"gateway:1: nested too deeply"});
  CHECK(Mistakes(Repeated("- ", 10'000) + "x", DocumentFormat::kYaml).size() == 1);
  CHECK(Mistakes("{\"lists\": " + deep, DocumentFormat::kJson) ==
        std::vector<std::string>{"gateway:1: nested too deeply"});
}

TEST_CASE("aliases do not expand") {
  const std::string bomb =
      "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n";
  CHECK(Mistakes(bomb, DocumentFormat::kYaml) ==
        std::vector<std::string>{"gateway:1: anchors (&name) are not supported"});
  CHECK(Mistakes("lists: *x\n", DocumentFormat::kYaml).size() == 1);
  CHECK(Mistakes("lists: []\n---\nlists: []\n", DocumentFormat::kYaml).size() == 1);
}

TEST_CASE("a key that is given twice is a mistake in each format") {
  CHECK(Mistakes("lists = []\nlists = []").size() == 1);
  CHECK(Mistakes("lists: []\nlists: []", DocumentFormat::kYaml) ==
        std::vector<std::string>{"gateway:2: key `lists` is given twice; first on line 1"});
  CHECK(Mistakes("{\"lists\": [],\n\"lists\": []}", DocumentFormat::kJson) ==
        std::vector<std::string>{"gateway:2: key `lists` is given twice; first on line 1"});
}

TEST_CASE("what is no document is refused") {
  for (const DocumentFormat format : kFormats) {
    CHECK(Mistakes("lists \xff", format).front() == "gateway is not valid UTF-8");
    CHECK(Mistakes(std::string(33 * 1024 * 1024, ' '), format).front() ==
          "gateway is larger than 32 MiB");
    CHECK(Mistakes("]", format).size() == 1);
  }
  CHECK(Mistakes("[1]", DocumentFormat::kJson).size() == 1);
  for (const char* nothing : {"", "\n# domains\n", "---\n"}) {
    CHECK_FALSE(Mistakes(nothing, DocumentFormat::kToml).empty());
    CHECK_FALSE(Mistakes(nothing, DocumentFormat::kYaml).empty());
  }
  CHECK(Mistakes("{}", DocumentFormat::kYaml).empty());
  CHECK(Mistakes("lists: []\n...\n# end\n", DocumentFormat::kYaml).empty());
  CHECK(Mistakes("{\"lists\": []} x", DocumentFormat::kJson).size() == 1);
  std::string keys;
  for (int i = 0; i < 200; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  CHECK(Mistakes(keys, DocumentFormat::kYaml) ==
        std::vector<std::string>{"gateway:101: too many keys"});
}

TEST_CASE(
    "a user or domain that is listed twice is a mistake, also by another spelling of its owner") {
  auto state =
      StateOf("[[domains]]\nname=\"a.example\"\n[[domains]]\nname=\"A.example\"\nuser=\"Jane\"",
              DocumentFormat::kToml)
          .state;
  CHECK(SetOwner(state, "jane", "g") ==
        std::vector<std::string>{
            "g:3: domain a.example (user jane) is listed twice; first on line 1"});
}

}  // namespace egd::cli
