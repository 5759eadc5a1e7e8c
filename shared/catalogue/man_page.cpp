#include <string_view>

#include "shared/base/strings.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/exit_status.h"
#include "shared/catalogue/help.h"
#include "shared/catalogue/man_text.h"
#include "shared/catalogue/rendered_file.h"

namespace egd::catalogue {
namespace {

std::string WithLimits(std::string_view help, const std::string& limits) {
  return limits.empty() ? Sentence(std::string(help)) : std::string(help) + " (" + limits + ").";
}

std::string Example(std::string_view line) {
  return ".Bd -literal -offset indent\n" + Literal(line) + "\n.Ed\n";
}

// "Fl o , Fl Fl output Ar FORMAT"
std::string Term(const CliOption& option) {
  const bool negatable = option.param && option.source == OptionSource::kSwitch;
  std::string term;
  for (const std::string& name : option.names) {
    if (name.size() == 2) term += "Fl " + Word(name.substr(1)) + " , ";
  }
  term += "Fl Fl " + std::string(negatable ? "[no\\-]" : "") + Word(option.names[0].substr(2));
  return option.placeholder.empty() ? term : term + " Ar " + Word(option.placeholder);
}

std::string OptionText(const CliOption& option) {
  const bool bounded = option.param && !option.TakesFile();
  const std::string limits = bounded ? Limits(*option.param) : Limits(option.choices);
  return WithLimits(option.help, limits);
}

std::string Options(const std::vector<CliOption>& options) {
  std::string items;
  for (const CliOption& option : options) items += Item(Term(option), OptionText(option));
  return List("Ds", items);
}

std::string Synopsis(const Command& command) {
  std::string text = ".Sh SYNOPSIS\n.Nm egctl " + std::string(command.CliName()) + "\n";
  if (const Addition* addition = AdditionTo(command); addition && !addition->argument.empty()) {
    return text + ".Ar " + Word(addition->argument) + "\n.Op Ar options\n";
  }
  for (const Param* param : PositionalsOf(command)) {
    text += (IsOptional(*param) ? ".Op Ar " : ".Ar ") + Word(ArgumentName(*param)) +
            (TakesMany(*param) ? " ..." : "") + "\n";
  }
  return text + ".Op Ar options\n";
}

std::string Description(const Command& command) {
  std::string text = ".Sh DESCRIPTION\n" + Text(Sentence(std::string(command.summary))) + ".Pp\n" +
                     Text(command.details);
  const Addition* addition = AdditionTo(command);
  if (addition) {
    for (const std::string_view line : Split(addition->details, '\n')) {
      text += ".Pp\n" + Text(line);
    }
  }
  text += ".Pp\n" + Text(OverHttp(command));
  std::string items;
  if (addition && !addition->argument.empty()) {
    return text + List("Ds", Item("Ar " + Word(addition->argument),
                                  Sentence(std::string(addition->argument_help))));
  }
  for (const Param* param : PositionalsOf(command)) {
    items += Item("Ar " + Word(ArgumentName(*param)), WithLimits(param->help, Limits(*param)));
  }
  if (items.empty()) return text;
  return text + ".Pp\nThe arguments, each of which may be given as an option instead:\n" +
         List("Ds", items);
}

std::string Answer(const Command& command) {
  if (command.results.empty()) return {};
  std::string items;
  for (const Field& field : command.results) {
    items += Item("Va " + Word(field.path), Sentence(std::string(field.help)));
  }
  return ".Sh ANSWER\n" + List("Ds", items);
}

std::string ErrorCodes(const Command& command) {
  if (command.errors.empty()) return {};
  std::string items;
  for (const ErrorEntry& error : command.errors) {
    items += Item(std::to_string(error.code), Sentence(std::string(error.text)));
  }
  return ".Sh ERROR CODES\n" + List("99999", items);
}

std::string PageOf(const Command& command) {
  const auto options = OptionsOf(command);
  std::string text = Header("egctl-" + std::string(command.CliName()), command.summary);
  text += Synopsis(command) + Description(command);
  text += ".Pp\nThe options, besides those of\n.Xr egctl 1 :\n";
  text += options.empty() ? "none.\n" : Options(options);
  text += ".Sh EXAMPLES\n" + Example(command.example_cli);
  if (!command.example_cli_use.empty()) text += Example(command.example_cli_use);
  const Addition* addition = AdditionTo(command);
  if (addition && !addition->example.empty()) text += Example(addition->example);
  text += Answer(command) + ErrorCodes(command);
  return text + ".Sh SEE ALSO\n.Xr egctl 1\n";
}

std::string Terms(const OwnCommand& command) {
  if (command.terms.empty()) return {};
  std::string items;
  for (const auto& term : command.terms) {
    items += Item("Cm " + Word(term.name), Sentence(std::string(term.text)));
  }
  return ".Ss " + std::string(command.terms_title) + "\n" + List("Ds", items);
}

std::string PageOf(const OwnCommand& command) {
  const std::string name(command.name);
  std::string text = Header("egctl-" + name, command.summary) + ".Sh SYNOPSIS\n.Nm egctl " + name;
  text += command.argument.empty() ? "\n" : "\n.Ar " + Word(command.argument) + "\n";
  text += ".Op Ar options\n.Sh DESCRIPTION\n" + Text(Sentence(std::string(command.summary)));
  for (const std::string_view paragraph : Split(command.details, '\n')) {
    text += ".Pp\n" + Text(paragraph);
  }
  if (!command.argument.empty()) {
    text += List(
        "Ds", Item("Ar " + Word(command.argument), Sentence(std::string(command.argument_help))));
  }
  text += ".Pp\nThe options, besides those of\n.Xr egctl 1 :\n";
  text += command.options.empty() ? "none.\n" : Options(command.options);
  text += Terms(command);
  return text + ".Sh EXAMPLES\n" + Example(command.example) + ".Sh SEE ALSO\n.Xr egctl 1\n";
}

std::string CommandItems(std::string_view group) {
  std::string items;
  for (const OwnCommand& own : OwnCommands()) {
    if (own.group == group)
      items += Item("Cm " + Word(own.name), Sentence(std::string(own.summary)));
  }
  for (const Command& command : All()) {
    if (command.group != group) continue;
    items += Item("Cm " + Word(command.CliName()), std::string(command.summary) + ".");
  }
  return items;
}

std::string Commands() {
  std::string text = ".Sh COMMANDS\nEach has a page of its own, like\n.Xr egctl-adddomain 1 .\n";
  for (const Group& group : Groups()) {
    text += ".Ss " + std::string(group.title) + "\n" + List("Ds", CommandItems(group.name));
  }
  return text;
}

std::string Environment() {
  return ".Sh ENVIRONMENT\n" +
         List("Ds",
              Item("Ev EGCTL_URL", "As --url.") +
                  Item("Ev EGCTL_API_KEY", "The key to use, unless --api-key-file is given.") +
                  Item("Ev NO_COLOR", "When set and not empty, print without colours.") +
                  Item("Ev COLUMNS", "How wide a table is that does not go to a terminal.") +
                  Item("Ev LC_ALL , LC_CTYPE , LANG",
                       "The first that is set says whether tables may have marks beyond ASCII.") +
                  Item("Ev XDG_CONFIG_HOME",
                       "Where the egctl directory is looked for, in place of ~/.config."));
}

std::string Files() {
  return ".Sh FILES\n" +
         List("Ds", Item("Pa ~/.config/egctl/config.toml",
                         "Profiles: a table [profiles.NAME] each, with url and one of api_key and "
                         "session_id. "
                         "The profile \"default\" is used without --profile.") +
                        Item("Pa /run/egd/egd.sock",
                             "The daemon's socket, used when nothing says where the gateway is."));
}

std::string ExitStatusSection() {
  std::string items;
  for (const ExitStatus& status : kExitStatuses) {
    items += Item(std::to_string(status.code), status.meaning);
  }
  return ".Sh EXIT STATUS\n" + List("Ds", items) + ".Pp\n" +
         Text(
             "A command interrupted by a signal exits with 128 plus its number: 130 after Ctrl-C. "
             "--follow runs until interrupted, then exits with 0.");
}

std::string OverviewPage() {
  std::string text = Header("egctl", "administer an email gateway");
  text += ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar arguments\n.Op Ar options\n";
  text += ".Sh DESCRIPTION\n.Nm\n";
  text += Text(
      "calls one Command of the email gateway egd and prints its answer. Required parameters are "
      "given by position or as options, all others as options. A name with a dot may be written "
      "as words: egctl queue pause is queue.pause. The answer goes to standard "
      "output, as a table on a terminal and as JSON into a pipe; everything else goes to standard "
      "error.");
  text +=
      ".Pp\n" +
      Text(
          "A table leaves out what is empty, and is never wider than the terminal: long values are "
          "shortened, with an ellipsis, and shown whole with --wide, with any other --output, and "
          "when a table goes into a pipe. Times are UTC. What is good or bad has a mark, a word "
          "and, on a terminal, a colour.");
  text += Tour() + Commands() + ".Sh OPTIONS\n" + Options(GlobalOptions());
  text += Environment() + Files() + ExitStatusSection();
  text += ".Sh EXAMPLES\nAdd a domain, and check its DNS records once they are published:\n";
  text += Example("egctl adddomain example.com") + Example("egctl verifydomain example.com");
  text += "Keep a new sender key in a file:\n";
  text += Example("egctl addapi Shop example.com --field APIKey.APIKey > shop.key");
  return text +
         ".Sh SEE ALSO\n.Xr egctl-adddomain 1 ,\n.Xr egctl-getevents 1 ,\n.Xr egctl-sendemail 1 ,\n"
         ".Xr egd-api 7 ,\n.Xr egd-security 7\n";
}

}  // namespace

std::vector<RenderedFile> ManPages() {
  std::vector<RenderedFile> pages = {{"man/egctl.1", OverviewPage()}, {"man/egd-api.7", ApiPage()}};
  for (const Command& command : All()) {
    pages.push_back({"man/egctl-" + std::string(command.CliName()) + ".1", PageOf(command)});
  }
  for (const OwnCommand& own : OwnCommands()) {
    pages.push_back({"man/egctl-" + std::string(own.name) + ".1", PageOf(own)});
  }
  return pages;
}

}  // namespace egd::catalogue
