#include "cli/run.h"

#include <algorithm>
#include <ostream>

#include "cli/call.h"
#include "cli/printing.h"
#include "cli/words.h"
#include "shared/base/strings.h"
#include "shared/base/version.h"
#include "shared/catalogue/exit_status.h"
#include "shared/catalogue/help.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using catalogue::OwnCommand;

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

bool IsCommand(const std::string& name) {
  return FindCommand(name) || FindOwn(name);
}

// What may follow a word that is no command itself but begins the names of some: "create" and more,
// after "user".
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

// Takes the name that begins at `index` out of the arguments: as many words as make a command, or
// a noun with what follows it, for the complaint.
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

int UnknownCommand(Console& console, const std::string& name) {
  if (const auto verbs = VerbsOf(name); !verbs.empty()) {
    return UsageError(console, name + " must be followed by one of " + Join(verbs, ", "));
  }
  std::vector<std::string> known;
  for (const Command& command : catalogue::All()) known.emplace_back(command.CliName());
  for (const OwnCommand& own : catalogue::OwnCommands()) known.emplace_back(own.name);
  const auto nearest = Nearest(name, known);
  return UsageError(
      console, "there is no command " + name + (nearest ? "; did you mean " + *nearest + "?" : ""));
}

bool AsksForHelp(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find_if(arguments.begin(), end, [](const std::string& word) {
           return word == "--help" || word == "-h";
         }) != end;
}

int ShowHelp(Console& console, const std::string& name) {
  if (const OwnCommand* own = FindOwn(name)) {
    console.out << catalogue::HelpOf(*own);
  } else if (const Command* command = FindCommand(name)) {
    console.out << catalogue::HelpOf(*command);
  } else {
    return UnknownCommand(console, name);
  }
  return Flush(console);
}

int RunWithoutCommand(Console& console) {
  const auto& arguments = console.arguments;
  if (AsksForHelp(arguments) || arguments == std::vector<std::string>{"help"}) {
    console.out << catalogue::Overview();
    return Flush(console);
  }
  if (arguments == std::vector<std::string>{"--version"}) {
    console.out << "egctl " << Version() << "\n";
    return Flush(console);
  }
  if (arguments.empty()) {
    console.err << catalogue::Overview();
    return catalogue::kExitUsage;
  }
  const auto words = ParseWords(catalogue::GlobalOptions(), arguments);
  return UsageError(console, words ? "no command is given" : words.error().public_text);
}

int RunOwn(Console& console, const OwnCommand& own, const std::vector<std::string>& arguments) {
  switch (own.task) {
    case catalogue::OwnTask::kApply:
      return Apply(console, arguments);
    case catalogue::OwnTask::kDnsRecords:
      return DnsRecords(console, arguments);
    case catalogue::OwnTask::kDoctor:
      return Doctor(console, arguments);
    case catalogue::OwnTask::kExport:
      return Export(console, arguments);
    case catalogue::OwnTask::kLogin:
      return Login(console, arguments);
    case catalogue::OwnTask::kListen:
      return Listen(console, arguments);
  }
  return catalogue::kExitUsage;
}

}  // namespace

int Run(Console& console) {
  std::vector<std::string> arguments = console.arguments;
  const size_t index = CommandIndex(arguments);
  if (index == arguments.size()) return RunWithoutCommand(console);
  const std::string name = TakeName(arguments, index);
  if (name == "help") {
    return arguments.empty() ? RunWithoutCommand(console)
                             : ShowHelp(console, TakeName(arguments, 0));
  }
  if (AsksForHelp(arguments)) return ShowHelp(console, name);
  if (name == "generate") return Generate(console, arguments);  // for this project's build alone
  if (const OwnCommand* own = FindOwn(name)) return RunOwn(console, *own, arguments);
  const Command* command = FindCommand(name);
  return command ? CallCommand(console, *command, arguments) : UnknownCommand(console, name);
}

}  // namespace egd::cli
