#include "cli/words.h"

#include <algorithm>
#include <iterator>

#include <CLI/CLI.hpp>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::CliOption;
using catalogue::OptionSource;

CLI::Option* Add(CLI::App& app, const CliOption& option, std::vector<std::string>& values) {
  std::string names = Join(option.names, ",");
  if (option.source == OptionSource::kSwitch) {
    if (option.param) names += ",!--no-" + option.names[0].substr(2);
    return app.add_flag(names);
  }
  return app.add_option(names, values)->allow_extra_args(false);
}

// CLI11 reads "--name=" as --name and the next word, "--name={}" as a switch without a value, and a
// value in brackets as a list. A character that no argument can hold makes each value the text it
// is.
constexpr char kMark = '\0';

std::string Marked(const std::string& word) {
  const size_t equals = word.starts_with("--") ? word.find('=') : word.npos;
  if (equals != word.npos) return word.substr(0, equals + 1) + kMark + word.substr(equals + 1);
  return word.starts_with('[') ? kMark + word : word;
}

std::string Unmarked(std::string word) {
  if (word.starts_with(kMark)) word.erase(0, 1);
  return word;
}

std::string Unknown(const std::string& word, const std::vector<CliOption>& options) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CliOption& option : options) {
    known.insert(known.end(), option.names.begin(), option.names.end());
  }
  const auto nearest = Nearest(name, known);
  return "there is no option " + Printable(name) +
         (nearest ? "; did you mean " + *nearest + "?" : "");
}

bool TakesWord(const std::string& name) {
  const auto& options = catalogue::GlobalOptions();
  return std::any_of(options.begin(), options.end(), [&](const CliOption& option) {
    return !option.placeholder.empty() &&
           std::find(option.names.begin(), option.names.end(), name) != option.names.end();
  });
}

}  // namespace

std::optional<std::string> Words::One(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::nullopt : std::optional(found->second.front());
}

Result<Words> ParseWords(const std::vector<CliOption>& options,
                         const std::vector<std::string>& arguments) {
  // Positionals are taken from what CLI11 leaves over.
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::vector<std::string>> values(options.size());
  std::vector<CLI::Option*> added;
  for (size_t i = 0; i < options.size(); ++i) added.push_back(Add(app, options[i], values[i]));
  try {
    std::vector<std::string> marked;
    std::transform(std::make_reverse_iterator(dashes), arguments.rend(), std::back_inserter(marked),
                   Marked);
    app.parse(std::move(marked));
  } catch (const CLI::ParseError& error) {
    return InvalidArgument(Printable(error.what()));
  }
  Words words;
  for (std::string& word : app.remaining()) {
    if (word.size() > 1 && word[0] == '-') return InvalidArgument(Unknown(word, options));
    words.positionals.push_back(Unmarked(std::move(word)));
  }
  if (dashes != arguments.end()) {
    words.positionals.insert(words.positionals.end(), dashes + 1, arguments.end());
  }
  for (size_t i = 0; i < options.size(); ++i) {
    if (added[i]->count() == 0) continue;
    if (added[i]->count() > 1 && !options[i].repeatable) {
      return InvalidArgument(options[i].names[0] + " is given more than once");
    }
    auto& given = words.options[options[i].names[0]];
    std::ranges::transform(added[i]->results(), std::back_inserter(given), Unmarked);
  }
  return words;
}

size_t CommandIndex(const std::vector<std::string>& arguments) {
  size_t i = 0;
  for (; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with('-') || word == "-") break;
    if (TakesWord(word)) ++i;
  }
  return std::min(i, arguments.size());
}

}  // namespace egd::cli
