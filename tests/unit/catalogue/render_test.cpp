// Help, man pages, completions and OpenAPI say the same as the declarations, and what is committed
// is what is rendered.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shared/base/strings.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/help.h"
#include "shared/catalogue/openapi.h"
#include "shared/catalogue/rendered_file.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<RenderedFile> AllFiles() {
  auto files = ManPages();
  for (auto& file : Completions()) files.push_back(std::move(file));
  return files;
}

std::string TextOf(const std::string& path) {
  for (auto& file : AllFiles()) {
    if (file.path == path) return file.text;
  }
  return {};
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

// As a man page writes an option: "Fl Fl domain\-name".
std::string InMdoc(std::string_view option) {
  std::string text = "Fl Fl ";
  for (const char c : option.substr(2)) text += c == '-' ? std::string("\\-") : std::string(1, c);
  return text;
}

void CollectRefs(const Json& value, std::set<std::string>& refs) {
  if (value.is_object() && value.contains("$ref")) refs.insert(value["$ref"]);
  if (value.is_structured()) {
    for (const auto& member : value) CollectRefs(member, refs);
  }
}

}  // namespace

TEST_CASE("the committed man pages and completions are what the catalogue renders") {
  for (const RenderedFile& file : AllFiles()) {
    INFO(file.path << " differs: run \"egctl generate .\" in the source tree");
    CHECK((ReadFile(file.path) == file.text));
  }
}

TEST_CASE("no man page of a Command that is gone stays behind") {
  std::set<std::string> rendered;
  for (const RenderedFile& file : ManPages()) rendered.insert(file.path);
  for (const auto& entry : std::filesystem::directory_iterator("man")) {
    const std::string path = entry.path().string();
    if (path.starts_with("man/egctl")) CHECK(rendered.count(path) == 1);
  }
}

TEST_CASE("option names follow the parameters' names") {
  CHECK(KebabCase("DomainName") == "domain-name");
  CHECK(KebabCase("HTMLContent") == "html-content");
  CHECK(KebabCase("APIKeyID") == "api-key-id");
  CHECK(KebabCase("SMTPID") == "smtp-id");
  CHECK(KebabCase("DomainIDs") == "domain-ids");
  CHECK(KebabCase("BoundIPAddress") == "bound-ip-address");
  CHECK(KebabCase("CC") == "cc");
  CHECK(KebabCase("ReplyTo") == "reply-to");
  CHECK(KebabCase("SendRatePerMinute") == "send-rate-per-minute");
}

TEST_CASE("no two options of a Command share a name") {
  for (const Command& command : All()) {
    std::set<std::string> seen;
    for (const auto& options : {OptionsOf(command), GlobalOptions()}) {
      for (const CliOption& option : options) {
        for (const std::string& name : option.names) {
          INFO(command.name << " " << name);
          CHECK(seen.insert(name).second);
        }
      }
    }
  }
}

TEST_CASE("no secret can be given on the command line") {
  for (const Command& command : All()) {
    for (const CliOption& option : OptionsOf(command)) {
      if (!option.param || option.param->type != ParamType::kSecret) continue;
      CHECK(option.source == OptionSource::kFile);
      CHECK(option.names[0].ends_with("-file"));
    }
    for (const Param* param : PositionalsOf(command)) CHECK(param->type != ParamType::kSecret);
  }
}

TEST_CASE("help, man page and completions name every option of every Command") {
  const std::string bash = TextOf("completions/egctl.bash"), zsh = TextOf("completions/_egctl"),
                    fish = TextOf("completions/egctl.fish");
  for (const Command& command : All()) {
    const std::string name(command.CliName()), help = HelpOf(command);
    const std::string man = TextOf("man/egctl-" + name + ".1");
    for (const CliOption& option : OptionsOf(command)) {
      INFO(name << " " << option.names[0]);
      const bool negatable = option.param && option.source == OptionSource::kSwitch;
      const std::string bare = option.names[0].substr(2);
      CHECK(Contains(help, negatable ? "--[no-]" + bare : option.names[0]));
      CHECK(Contains(man, negatable ? "[no\\-]" + InMdoc(option.names[0]).substr(6)
                                    : InMdoc(option.names[0])));
      CHECK(Contains(bash, option.names[0]));
      CHECK(Contains(zsh, option.names[0] + "["));
      CHECK(Contains(fish, "__egctl_is " + name + "' -l "));
      CHECK(Contains(fish, " -l " + bare));
    }
  }
}

TEST_CASE("help and man page show example, errors and result of every Command") {
  const std::string overview = Overview(), man_overview = TextOf("man/egctl.1");
  for (const Command& command : All()) {
    INFO(command.name);
    const std::string help = HelpOf(command);
    const std::string man = TextOf("man/egctl-" + std::string(command.CliName()) + ".1");
    CHECK(Contains(help, "Example:\n  " + std::string(command.example_cli) + "\n"));
    CHECK(Contains(man, ".Sh EXAMPLES\n"));
    for (const ErrorEntry& error : command.errors) {
      CHECK(Contains(man, ".It " + std::to_string(error.code) + "\n"));
      CHECK(Contains(help, "\n  " + std::to_string(error.code) + " "));
    }
    for (const Field& field : command.results) {
      CHECK(Contains(help, "\n  " + field.path));
      CHECK(Contains(man, ".It Va " + field.path + "\n"));
    }
    CHECK(Contains(overview, "  " + std::string(command.CliName()) + " "));
    const std::string name = InMdoc("--" + std::string(command.CliName())).substr(6);
    CHECK(Contains(man_overview, ".It Cm " + name + "\n"));
  }
}

TEST_CASE("help fits into 80 columns, but for an example") {
  std::vector<std::string> texts = {Overview()};
  for (const Command& command : All()) texts.push_back(HelpOf(command));
  for (const std::string& text : texts) {
    for (const auto line : Split(text, '\n')) {
      INFO(line);
      CHECK((line.size() <= 80 || line.starts_with("  egctl ")));
    }
  }
}

TEST_CASE("wrapping keeps words whole") {
  CHECK(Wrap("aa bb cc", 5, 0) == "aa bb\ncc");
  CHECK(Wrap("aa bb", 5, 2) == "aa\n  bb");
  CHECK(Wrap("a-very-long-word b", 5, 0) == "a-very-long-word\nb");
  CHECK(Wrap("", 5, 0).empty());
}

TEST_CASE("OpenAPI has every Command with every parameter, and no dangling reference") {
  const Json api = Json::parse(OpenApi());
  CHECK(api["openapi"] == "3.1.0");
  std::set<std::string> refs;
  CollectRefs(api, refs);
  for (const std::string& ref : refs) {
    INFO(ref);
    CHECK(api.contains(Json::json_pointer(ref.substr(1))));
  }
  const Json& mapping = api["paths"]["/api.php"]["post"]["requestBody"]["content"]
                           ["application/json"]["schema"]["discriminator"]["mapping"];
  for (const Command& command : All()) {
    INFO(command.name);
    const std::string id(command.CliName());
    const Json& schemas = api["components"]["schemas"];
    CHECK(schemas.contains(id + "_reply"));
    if (command.alias.path.empty()) {
      CHECK(mapping[std::string(command.name)] == "#/components/schemas/" + id + "_request");
    } else {
      CHECK(api["paths"][std::string(command.alias.path)].contains(Lower(command.alias.method)));
    }
    if (command.alias.method == "GET") {
      CHECK(api["paths"][std::string(command.alias.path)]["get"]["parameters"].size() ==
            command.params.size());
      continue;
    }
    for (const Param& param : command.params) {
      CHECK(schemas[id + "_request"]["properties"].contains(std::string(param.name)));
    }
  }
  for (const char* path : {"/healthz", "/readyz", "/openapi.json"})
    CHECK(api["paths"].contains(path));
}

TEST_CASE("OpenAPI's defaults are of their parameters' types") {
  const Json api = Json::parse(OpenApi());
  for (const auto& [name, schema] : api["components"]["schemas"].items()) {
    if (!schema.contains("properties")) continue;
    for (const auto& [param, property] : schema["properties"].items()) {
      if (!property.contains("default")) continue;
      CAPTURE(name, param);
      const Json& value = property["default"];
      if (property["type"] == "boolean") CHECK(value.is_boolean());
      if (property["type"] == "integer") CHECK(value.is_number_integer());
      if (property["type"] == "string") CHECK(value.is_string());
    }
  }
}

TEST_CASE("OpenAPI knows entries that are parameters of their own") {
  const Json api = Json::parse(OpenApi());
  CHECK(api["components"]["schemas"]["subscriber.subscribe_request"]["patternProperties"].contains(
      "^CustomField[0-9]+$"));
}

TEST_CASE("OpenAPI tells the statuses of the alias's errors") {
  const Json api = Json::parse(OpenApi());
  const Json& responses = api["paths"]["/api/v1/email"]["post"]["responses"];
  for (const char* status : {"200", "400", "401", "403", "409", "413", "422", "429", "500"}) {
    CHECK(responses.contains(status));
  }
}

}  // namespace egd::catalogue
