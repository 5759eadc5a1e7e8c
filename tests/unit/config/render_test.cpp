#include "shared/config/render.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "shared/base/strings.h"
#include "shared/config/load.h"
#include "shared/config/options.h"

namespace egd::config {
namespace {

// The committed file must be what the rows render to. EGD_RENDER=1 writes it first.
void CheckCommitted(const std::string& path, const std::string& rendered) {
  CAPTURE(path);
  if (std::getenv("EGD_RENDER")) std::ofstream(path) << rendered;
  std::ifstream file(path);
  std::ostringstream committed;
  committed << file.rdbuf();
  INFO("to write it again: EGD_RENDER=1 ctest -R unit.config");
  CHECK(committed.str() == rendered);
}

TEST_CASE("config/egd.toml is the rendered sample") {
  CheckCommitted("config/egd.toml", RenderSample());
}

TEST_CASE("man/egd.toml.5 is the rendered manual") {
  CheckCommitted("man/egd.toml.5", RenderManPage());
}

TEST_CASE("the sample loads to the defaults, also with every option uncommented") {
  const auto effective = [](const std::string& text) {
    const Loaded loaded = LoadText(text, "sample", {});
    CHECK(Join(loaded.problems, "\n") == "");
    return RenderEffective(loaded.config);
  };
  const std::string sample = RenderSample();
  std::string uncommented;
  for (const auto line : Split(sample, '\n')) {
    const bool is_option = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    uncommented.append(is_option ? line.substr(1) : line) += '\n';
  }
  CHECK(effective(sample) == effective(""));
  CHECK(effective(uncommented) == effective(""));
}

TEST_CASE("the effective configuration loads to itself") {
  Config config = LoadText("", "defaults", {}).config;
  config.data_dir = "/with \"quotes\"";
  config.http.listen = {"127.0.0.1:1", "[::1]:2"};
  config.delivery.retry_schedule = {std::chrono::seconds(90), std::chrono::hours(5)};
  for (const bool with_records : {true, false}) {
    if (!with_records) config.dns_records.clear();
    const Loaded loaded = LoadText(RenderEffective(config), "effective", {});
    CHECK(Join(loaded.problems, "\n") == "");
    for (const Option& option : Options()) {
      CHECK(ValueText(option, loaded.config) == ValueText(option, config));
    }
  }
}

TEST_CASE("the manual and the sample name every option") {
  for (const Option& option : Options()) {
    CAPTURE(option.key);
    CHECK(RenderManPage().find(".It Ic \"" + std::string(option.key) + "\"") != std::string::npos);
    CHECK(RenderSample().find(std::string(option.Name())) != std::string::npos);
  }
}

}  // namespace
}  // namespace egd::config
