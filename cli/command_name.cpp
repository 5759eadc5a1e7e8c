#include "cli/command_name.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::cli {

using catalogue::Command;
using catalogue::OwnCommand;

namespace {

bool IsCommand(const std::string& name) {
  return FindCommand(name) || FindOwn(name);
}

}  // namespace

const Command* FindCommand(const std::string& name) {
  const Command* command = catalogue::FindCli(name);
  return command ? command : catalogue::Find(name);
}

const OwnCommand* FindOwn(const std::string& name) {
  const auto& all = catalogue::OwnCommands();
  const auto own =
      std::find_if(all.begin(), all.end(), [&](const auto& o) { return o.name == name; });
  return own == all.end() ? nullptr : &*own;
}

std::vector<std::string> VerbsOf(const std::string& noun) {
  std::vector<std::string> verbs;
  if (IsCommand(noun)) return verbs;
  const std::string prefix = Lower(noun) + ".";
  for (const Command& command : catalogue::All()) {
    const std::string_view name = command.CliName();
    if (name.starts_with(prefix)) verbs.emplace_back(name.substr(prefix.size()));
  }
  return verbs;
}

std::string TakeName(std::vector<std::string>& arguments, size_t index) {
  constexpr size_t kMostParts = 3;  // journey.actions.update
  std::string name = arguments[index];
  size_t end = index + 1;
  const size_t most = std::min(arguments.size(), index + kMostParts);
  const bool has_verb = end < most && !arguments[end].starts_with('-');
  if (has_verb && !VerbsOf(name).empty()) name += "." + arguments[end++];
  std::string longer = name;
  for (size_t i = end; i < most; ++i) {
    longer += "." + arguments[i];
    if (!IsCommand(longer) || !catalogue::IsWrittenAsWords(longer)) continue;
    name = longer;
    end = i + 1;
  }
  arguments.erase(arguments.begin() + long(index), arguments.begin() + long(end));
  return name;
}

}  // namespace egd::cli
