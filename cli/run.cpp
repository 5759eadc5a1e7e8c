#include "cli/run.h"

#include <algorithm>
#include <ostream>

#include "cli/call.h"
#include "cli/command_name.h"
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
    case catalogue::OwnTask::kCommands:
      return Commands(console, arguments);
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
    case catalogue::OwnTask::kTop:
      return Top(console, arguments);
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
  if (name == "complete") return Complete(console, arguments);
  if (name == "generate") return Generate(console, arguments);  // for this project's build alone
  if (const OwnCommand* own = FindOwn(name)) return RunOwn(console, *own, arguments);
  const Command* command = FindCommand(name);
  return command ? CallCommand(console, *command, arguments) : UnknownCommand(console, name);
}

}  // namespace egd::cli
