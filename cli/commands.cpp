// `egctl commands`: what the catalogue holds, for other tools. Asks nobody.
#include <nlohmann/json.hpp>

#include "cli/printing.h"
#include "cli/run.h"
#include "shared/catalogue/description.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "commands";

// For people: names and what they are for.
const catalogue::Command& TableOfCommands() {
  static const catalogue::Command command = [] {
    catalogue::Command made{};
    made.name = kName;
    for (const char* list : {"Commands", "EgctlCommands", "GlobalOptions", "ExitStatuses"}) {
      made.results.push_back({list, catalogue::FieldType::kList});
    }
    made.columns = {"Egctl", "Caller", "Summary"};
    return made;
  }();
  return command;
}

}  // namespace

int Commands(Console& console, const std::vector<std::string>& arguments) {
  const auto words = ParseWords(catalogue::GlobalOptions(), arguments);
  if (!words) return UsageError(console, words.error().public_text, kName);
  if (!words->positionals.empty()) {
    return UsageError(console, "unexpected argument " + words->positionals[0], kName);
  }
  const auto printing = PrintingOf(console, TableOfCommands(), *words);
  if (!printing) return UsageError(console, printing.error().public_text, kName);
  Json body = catalogue::Description();
  if (printing->format == Format::kTable && !printing->field) {
    for (Json& own : body["EgctlCommands"]) {
      own["Caller"] = "";
      body["Commands"].push_back(std::move(own));
    }
    body = {{"Commands", std::move(body["Commands"])}};
  }
  return Print(console, TableOfCommands(), *printing, body, RenderJson(body, -1) + "\n");
}

}  // namespace egd::cli
