// `egctl complete WORD...`: what the shells' completions offer for the last word, a line each, with
// a label behind a tabulator. It says nothing else, to nobody: a gateway that is away, does not
// answer in time or refuses has no values. Profiles come from their file.
#include <algorithm>
#include <csignal>
#include <ostream>
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/time.h>
#include <unistd.h>

#include "cli/command_name.h"
#include "cli/run.h"
#include "cli/session.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"
#include "shared/catalogue/live_values.h"

namespace egd::cli {
namespace {

using catalogue::CliOption;
using catalogue::Command;
using catalogue::LiveValues;
using Json = nlohmann::ordered_json;
using Strings = std::vector<std::string>;

// Who presses a key waits for it.
constexpr std::chrono::milliseconds kMost(700), kEnoughDomains(400);
constexpr size_t kMostDomains = 100;  // of which other things are listed

// Ends the process, as done, when the time is up: whatever a look-up or a read waits for.
class Alarm {
 public:
  Alarm() {
    before_ = std::signal(SIGALRM, [](int) { ::_exit(0); });
    Set(kMost);
  }
  ~Alarm() {
    Set({});
    std::signal(SIGALRM, before_);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  static void Set(std::chrono::milliseconds time) {
    itimerval timer{};
    timer.it_value.tv_usec = suseconds_t(time.count() * 1000);
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
  void (*before_)(int);
};

// The command line until the word that is completed.
struct Line {
  const Command* command = nullptr;
  const catalogue::OwnCommand* own = nullptr;
  std::vector<CliOption> options;  // the command's and the global ones
  Strings before;                  // without the command's name
};

const CliOption* FindOption(const Line& line, const std::string& name) {
  for (const CliOption& option : line.options) {
    if (std::ranges::count(option.names, name) > 0) return &option;
  }
  return nullptr;
}

bool TakesWord(const Line& line, const std::string& word) {
  const CliOption* option = FindOption(line, word);
  return option && !option->placeholder.empty();
}

Line LineOf(Strings words) {
  Line line;
  const size_t index = CommandIndex(words);
  if (index < words.size()) {
    const std::string name = TakeName(words, index);
    line.own = FindOwn(name);
    line.command = line.own ? nullptr : FindCommand(name);
  }
  if (line.command) line.options = catalogue::OptionsOf(*line.command);
  if (line.own) line.options = line.own->options;
  const auto& globals = catalogue::GlobalOptions();
  line.options.insert(line.options.end(), globals.begin(), globals.end());
  line.before = std::move(words);
  return line;
}

// What stands by position, and the words of the options.
Words WordsOf(const Line& line) {
  Words words;
  for (size_t i = 0; i < line.before.size(); ++i) {
    const std::string& word = line.before[i];
    const size_t equals = word.find('=');
    const CliOption* option = FindOption(line, word.substr(0, equals));
    if (!word.starts_with('-') || word == "-") {
      words.positionals.push_back(word);
    } else if (option && equals != word.npos) {
      words.options[option->names[0]].push_back(word.substr(equals + 1));
    } else if (option && !option->placeholder.empty() && i + 1 < line.before.size()) {
      words.options[option->names[0]].push_back(line.before[++i]);
    }
  }
  return words;
}

const LiveValues* ByPosition(const Line& line, size_t index) {
  if (line.own) {
    return line.own->argument == "domain" && index == 0 ? &catalogue::DomainNames() : nullptr;
  }
  if (!line.command) return nullptr;
  const auto params = catalogue::PositionalsOf(*line.command);
  if (params.empty()) return nullptr;
  const bool repeats = index >= params.size() && catalogue::TakesMany(*params.back());
  if (index >= params.size() && !repeats) return nullptr;
  return catalogue::LiveValuesOf(*line.command, *params[std::min(index, params.size() - 1)]);
}

// The domain that the line names: values that belong to domains are those of this one.
std::optional<std::string> DomainOf(const Line& line, const Words& words) {
  if (const auto given = words.One("--domain-id")) return given;
  if (!line.command) return std::nullopt;
  const auto params = catalogue::PositionalsOf(*line.command);
  for (size_t i = 0; i < std::min(params.size(), words.positionals.size()); ++i) {
    if (catalogue::IsDomainId(*params[i])) return words.positionals[i];
  }
  return std::nullopt;
}

std::string TextOf(const Json& object, std::string_view key) {
  const Json value = object.is_object() ? object.value(std::string(key), Json()) : Json();
  if (value.is_string()) return Printable(value.get<std::string>());
  return value.is_number_integer() ? value.dump() : "";
}

// Asks the gateway.
class Asker {
 public:
  Asker(Console& console, Session& session, const Words& words)
      : console_(console), session_(session) {
    if (const auto user = words.One("--as-user")) base_["UserID"] = *user;
  }

  Strings Values(const LiveValues& live, const std::optional<std::string>& domain) {
    if (!live.of_domain) return LinesOf(live, base_);
    const auto start = console_.pause.Now();
    Strings domains, lines;
    if (domain) {
      domains = {*domain};
    } else {
      domains = LinesOf(catalogue::DomainNames(), base_);
      if (domains.size() > kMostDomains) domains.resize(kMostDomains);
    }
    for (const std::string& one : domains) {
      if (console_.pause.Now() - start > kEnoughDomains) break;
      Json request = base_;
      request["DomainID"] = one.substr(0, one.find('\t'));
      if (session_.ResolveDomain(request)) continue;
      for (std::string& line : LinesOf(live, request)) lines.push_back(std::move(line));
    }
    return lines;
  }

 private:
  Strings LinesOf(const LiveValues& live, const Json& request) {
    const auto answer = session_.Ask(*catalogue::Find(live.command), request);
    Strings lines;
    if (!answer || !answer->refusals.empty()) return lines;
    for (const Json& element : answer->body.value(std::string(live.list), Json::array())) {
      Strings labels;
      for (const std::string_view key : live.labels) {
        if (std::string label = TextOf(element, key); !label.empty()) labels.push_back(label);
      }
      lines.push_back(TextOf(element, live.value) + "\t" + Join(labels, " "));
    }
    return lines;
  }

  Console& console_;
  Session& session_;
  Json base_ = Json::object();
};

Strings ProfileNames(const Console& console) {
  Strings names;
  const auto profiles = config::LoadProfiles(config::ProfilePath(console.environment));
  if (!profiles) return names;
  for (const auto& [name, profile] : *profiles) names.push_back(name + "\t" + profile.url);
  return names;
}

Strings Candidates(Console& console, const Strings& arguments) {
  if (arguments.empty()) return {};
  const std::string& current = arguments.back();
  const Line line = LineOf({arguments.begin(), arguments.end() - 1});
  const std::string last = line.before.empty() ? "" : line.before.back();
  if (last == "--profile") return ProfileNames(console);
  if (current.starts_with('-')) return {};
  const Words words = WordsOf(line);
  const LiveValues* live = TakesWord(line, last)
                               ? catalogue::LiveValuesOf(line.command, *FindOption(line, last))
                               : ByPosition(line, words.positionals.size());
  if (!live || words.One("--api-key-file") == "-") return {};
  auto session = Session::Open(console, words);
  if (!session) return {};
  session->KeepConnection();
  return Asker(console, *session, words).Values(*live, DomainOf(line, words));
}

}  // namespace

int Complete(Console& console, const Strings& arguments) {
  const Alarm alarm;
  std::ostringstream unread;
  Console quiet{console.arguments, console.environment, console.input,
                console.pause,     console.out,         unread};
  for (const std::string& candidate : Candidates(quiet, arguments)) {
    const std::string value = candidate.substr(0, candidate.find('\t'));
    if (!arguments.empty() && value.starts_with(arguments.back())) console.out << candidate << '\n';
  }
  console.out.flush();
  return catalogue::kExitDone;
}

}  // namespace egd::cli
