// Completions are static files: they know commands, options, choices and where a file belongs. What
// only the gateway knows they get from `egctl complete`.
#include <algorithm>
#include <string_view>

#include "shared/base/strings.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/live_values.h"
#include "shared/catalogue/rendered_file.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kMark =
    "Rendered from the catalogue by \"egctl generate\"; do not edit.\n";

struct Entry {
  std::string name, summary;
  std::vector<CliOption> options;
  const Command* command = nullptr;  // null: egctl's own
  bool takes_live_value = false;     // by position
};

bool TakesLiveValue(const Command& command) {
  return std::ranges::any_of(PositionalsOf(command), [&](const Param* param) {
    return LiveValuesOf(command, *param) != nullptr;
  });
}

// Whether `egctl complete` has values for it.
bool IsLive(const Command* command, const CliOption& option) {
  return option.names[0] == "--profile" || LiveValuesOf(command, option) != nullptr;
}

std::vector<Entry> Entries() {
  std::vector<Entry> entries;
  for (const Command& command : All()) {
    entries.push_back({std::string(command.CliName()), std::string(command.summary),
                       OptionsOf(command), &command, TakesLiveValue(command)});
  }
  for (const OwnCommand& own : OwnCommands()) {
    entries.push_back({std::string(own.name), std::string(own.summary), own.options, nullptr,
                       own.argument == "domain"});
  }
  return entries;
}

bool IsNegatable(const CliOption& option) {
  return option.param && option.source == OptionSource::kSwitch;
}

// Every spelling, "--no-…" too.
std::vector<std::string> Spellings(const CliOption& option) {
  std::vector<std::string> names = option.names;
  if (IsNegatable(option)) names.push_back("--no-" + option.names[0].substr(2));
  return names;
}

// The names that may be written as words.
std::string NamesOfWords(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    if (IsWrittenAsWords(entry.name)) names.push_back(entry.name);
  }
  return Join(names, " ");
}

std::string Words(const std::vector<CliOption>& options) {
  std::vector<std::string> words;
  for (const CliOption& option : options) {
    for (const std::string& name : Spellings(option)) words.push_back(name);
  }
  return Join(words, " ");
}

std::string Choices(const CliOption& option) {
  return Join(std::vector<std::string>(option.choices.begin(), option.choices.end()), " ");
}

// In single quotes for a shell; `quote` is how that shell writes one inside them.
std::string Quoted(std::string_view text, std::string_view quote) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += quote;
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

// Bash: "name|name) words" arms of a case.

std::string BashChoiceArms(const std::string& prefix, const std::vector<CliOption>& options) {
  std::string arms;
  for (const CliOption& option : options) {
    if (option.choices.empty()) continue;
    for (const std::string& name : option.names) {
      arms += "    " + prefix + ":" + name + ") choices='" + Choices(option) + "' ;;\n";
    }
  }
  return arms;
}

std::string BashFileArm(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<CliOption>& options) {
    for (const CliOption& option : options) {
      if (!option.TakesFile()) continue;
      for (const std::string& name : option.names) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
  };
  add(GlobalOptions());
  for (const Entry& entry : entries) add(entry.options);
  return Join(names, "|");
}

std::string BashValueOptions() {
  std::vector<std::string> names;
  for (const CliOption& option : GlobalOptions()) {
    if (!option.placeholder.empty())
      names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return Join(names, "|");
}

std::string Bash() {
  const auto entries = Entries();
  std::string commands, choices = BashChoiceArms("*", GlobalOptions()), options;
  for (const Entry& entry : entries) {
    commands += " " + entry.name;
    choices += BashChoiceArms(entry.name, entry.options);
    if (!entry.options.empty())
      options += "    " + entry.name + ") words='" + Words(entry.options) + "' ;;\n";
  }
  return "# Completion of egctl for bash. " + std::string(kMark) + R"(
_egctl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' choices='' verbs='' i name live=()
  local dotted=')" +
         NamesOfWords(entries) + R"( '
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      )" +
         BashValueOptions() + R"() ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  # A name with a dot may be written as words: "queue pause".
  for ((i++; i < COMP_CWORD; i++)); do
    [[ " $dotted" == *" $command.${COMP_WORDS[i]}"[.\ ]* ]] || break
    command+=.${COMP_WORDS[i]}
  done
  if ((i == COMP_CWORD)); then
    for name in $dotted; do
      [[ $name == "$command".* ]] || continue
      name=${name#"$command".}
      verbs+=" ${name%%.*}"
    done
  fi
  case $previous in
    )" + BashFileArm(entries) +
         R"()
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
  esac
  case $command:$previous in
)" + choices +
         R"(  esac
  if [[ $choices ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
    return
  fi
  # What only the gateway knows.
  if [[ $command && $current != -* ]] || [[ $previous == --profile ]]; then
    mapfile -t live < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    live=("${live[@]%%$'\t'*}")
    if ((${#live[@]})); then
      mapfile -t COMPREPLY < <(compgen -W "${live[*]}" -- "$current")
      return
    fi
  fi
  case $command in
    '') words=')" +
         commands.substr(1) + R"(' ;;
)" + options +
         R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words$verbs )" +
         Words(GlobalOptions()) + R"(" -- "$current")
}
complete -F _egctl egctl
)";
}

// Zsh: specifications for _arguments.

std::string ZshSpec(const Command* command, const CliOption& option) {
  std::string help;
  for (const char c : option.help) {
    if (c == '[' || c == ']' || c == '\\') help += '\\';
    help += c;
  }
  std::string value;
  if (!option.placeholder.empty()) {
    value = ":" + option.placeholder.substr(0, option.placeholder.find(':')) + ":";
    if (option.TakesFile()) value += "_files";
    if (!option.choices.empty()) value += "(" + Choices(option) + ")";
    if (IsLive(command, option)) value += "_egctl_live";
  }
  std::string specs;
  for (const std::string& name : Spellings(option)) {
    const std::string spec =
        std::string(option.repeatable ? "*" : "") + name + "[" + help + "]" + value;
    specs += "    " + Quoted(spec, R"('\'')") + "\n";
  }
  return specs;
}

std::string ZshSpecs(const Command* command, const std::vector<CliOption>& options) {
  std::string specs;
  for (const CliOption& option : options) specs += ZshSpec(command, option);
  return specs;
}

std::string Zsh() {
  std::string commands, arms;
  for (const Entry& entry : Entries()) {
    commands += "    " + Quoted(entry.name + ":" + entry.summary, R"('\'')") + "\n";
    if (entry.options.empty()) continue;
    arms +=
        "    " + entry.name + ") specs=(\n" + ZshSpecs(entry.command, entry.options) + "    ) ;;\n";
  }
  return "#compdef egctl\n# Completion of egctl for zsh. " + std::string(kMark) + R"(
_egctl_commands() {
  local -a commands=(
)" + commands +
         R"(  )
  _describe command commands
}

# What only the gateway knows.
_egctl_live() {
  local -a values=("${(@f)$(${(Q)typed[1]} complete "${(@Q)typed[2,-1]}" 2>/dev/null)}")
  values=(${values:#})
  (( $#values )) || return 1
  values=(${${values//:/\\:}/$'\t'/:})
  _describe value values
}

_egctl() {
  local curcontext=$curcontext state line
  local -a typed=("${(@)words[1,CURRENT]}")
  local -a specs verbs dotted=()" +
         NamesOfWords(Entries()) +
         R"() globals=(
)" + ZshSpecs(nullptr, GlobalOptions()) +
         R"(  )
  _arguments -C $globals '1:command:_egctl_commands' '*::argument:->command' && return
  # A name with a dot may be written as words: "queue pause".
  while (( CURRENT > 2 )) && [[ -n ${(M)dotted:#${words[1]}.${words[2]}(|.*)} ]]; do
    words[1,2]=${words[1]}.${words[2]}
    (( CURRENT-- ))
  done
  if (( CURRENT == 2 )); then
    verbs=(${${(M)dotted:#${words[1]}.*}#${words[1]}.})
    (( $#verbs )) && compadd -a verbs
  fi
  case $words[1] in
)" + arms +
         R"(  esac
  _arguments $specs $globals '*:argument:_egctl_live'
}

_egctl "$@"
)";
}

// Fish: a complete line an option.

std::string FishOption(const std::string& condition, const Command* command,
                       const CliOption& option) {
  std::string line = "complete -c egctl";
  if (!condition.empty()) line += " -n " + Quoted(condition, R"(\')");
  for (const std::string& name : Spellings(option)) {
    line += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
  }
  if (option.TakesFile()) {
    line += " -r -F";
  } else if (!option.placeholder.empty()) {
    line += " -x";
  }
  if (!option.choices.empty()) line += " -a '" + Choices(option) + "'";
  if (IsLive(command, option)) line += " -a '(__egctl_live)'";
  return line + " -d " + Quoted(option.help, R"(\')") + "\n";
}

std::string Fish() {
  std::string text = "# Completion of egctl for fish. " + std::string(kMark) + R"(
# The words so far as one name: "queue pause" is queue.pause.
function __egctl_words
    string join . '' (string match -v -- '-*' (commandline -opc)) ''
end
function __egctl_is
    string match -q -- "*.$argv[1].*" (__egctl_words)
end
function __egctl_ends_with
    string match -q -- "*.$argv[1]." (__egctl_words)
end
# What only the gateway knows.
function __egctl_live
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete $words[2..-1] 2>/dev/null
end
complete -c egctl -f
)";
  for (const CliOption& option : GlobalOptions()) text += FishOption("", nullptr, option);
  for (const Entry& entry : Entries()) {
    text += "complete -c egctl -n __fish_use_subcommand -a " + entry.name + " -d " +
            Quoted(entry.summary, R"(\')") + "\n";
    for (const CliOption& option : entry.options) {
      text += FishOption("__egctl_is " + entry.name, entry.command, option);
    }
    if (entry.takes_live_value) {
      text += "complete -c egctl -n '__egctl_is " + entry.name + "' -k -a '(__egctl_live)'\n";
    }
    if (IsWrittenAsWords(entry.name)) {
      const size_t dot = entry.name.find('.');
      text += "complete -c egctl -n '__egctl_ends_with " + entry.name.substr(0, dot) + "' -a " +
              entry.name.substr(dot + 1) + " -d " + Quoted(entry.summary, R"(\')") + "\n";
    }
  }
  return text;
}

}  // namespace

std::vector<RenderedFile> Completions() {
  return {{"completions/egctl.bash", Bash()},
          {"completions/_egctl", Zsh()},
          {"completions/egctl.fish", Fish()}};
}

}  // namespace egd::catalogue
