#include "cli/defaults.h"

#include <nlohmann/json.hpp>

#include "shared/catalogue/cli_option.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using catalogue::Param;
using Json = nlohmann::ordered_json;

// How many elements to skip; null: the Command has no pages.
const Param* StartOf(const Command& command) {
  const Param* start = command.Find("StartFrom");
  return start ? start : command.Find("RecordsFrom");
}

// "TotalRecords", "TotalUsers": how many there are. Nothing when the answer does not say.
std::optional<int64_t> TotalIn(const Json& body) {
  for (const auto& [key, value] : body.items()) {
    if (key.starts_with("Total") && value.is_number_integer()) return value.get<int64_t>();
  }
  return std::nullopt;
}

int64_t ListedIn(const Json& body) {
  for (const Json& value : body) {
    if (value.is_array()) return int64_t(value.size());
  }
  return 0;
}

}  // namespace

bool AddDefaults(const Command& command, Words& words) {
  bool added = false;
  size_t given = words.positionals.size();
  for (const Param* param : catalogue::PositionalsOf(command)) {
    const std::string option = "--" + catalogue::KebabCase(param->name);
    if (words.Has(option)) continue;
    const std::string_view text =
        words.Has("--follow") ? param->follow_default : catalogue::CliDefault(*param);
    if (given > 0) {
      --given;
    } else if (!text.empty()) {
      words.options[option] = {std::string(text)};
      added = true;
    }
  }
  return added;
}

void SayHowToGetMore(const Console& console, const Command& command, const Json& request,
                     const Json& body) {
  const Param* start = StartOf(command);
  const auto total = TotalIn(body);
  if (!start || !total || request.contains("AfterSequence")) return;
  const Json from = request.value(std::string(start->name), Json(0));
  const int64_t listed = ListedIn(body);
  const int64_t next = (from.is_number_integer() ? from.get<int64_t>() : 0) + listed;
  if (listed == 0 || next >= *total) return;
  Complain(console, std::to_string(listed) + " of " + std::to_string(*total) + "; --" +
                        catalogue::KebabCase(start->name) + " " + std::to_string(next) +
                        " shows the next");
}

}  // namespace egd::cli
