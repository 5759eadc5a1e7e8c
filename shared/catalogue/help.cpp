#include "shared/catalogue/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::catalogue {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kMaxTerm = 26;  // a longer term has its text on the next line

struct Row {
  std::string term, text;
};

std::string Table(const std::vector<Row>& rows) {
  size_t column = 0;
  for (const Row& row : rows) {
    if (row.term.size() <= kMaxTerm) column = std::max(column, row.term.size());
  }
  const size_t indent = column + 4;
  std::string table;
  for (const Row& row : rows) {
    std::string line = "  " + row.term;
    if (row.term.size() > column) {
      line += "\n" + std::string(indent, ' ');
    } else {
      line.append(indent - line.size(), ' ');
    }
    table += line + Wrap(row.text, kWidth, indent) + "\n";
  }
  return table;
}

std::string Section(std::string_view title, const std::vector<Row>& rows) {
  return rows.empty() ? "" : "\n" + std::string(title) + ":\n" + Table(rows);
}

std::string WithLimits(const std::string& help, const std::string& limits) {
  return limits.empty() ? help : help + " (" + limits + ")";
}

std::string Angle(const Param& param) {
  return "<" + ArgumentName(param) + ">";
}

std::string Usage(const Command& command) {
  std::string usage = "egctl " + std::string(command.CliName());
  if (const Addition* addition = AdditionTo(command); addition && !addition->argument.empty()) {
    return usage + " <" + std::string(addition->argument) + "> [options]";
  }
  for (const Param* param : PositionalsOf(command)) {
    const std::string argument = Angle(*param) + (TakesMany(*param) ? "..." : "");
    usage += IsOptional(*param) ? " [" + argument + "]" : " " + argument;
  }
  return usage + " [options]";
}

std::vector<Row> ArgumentRows(const Command& command) {
  std::vector<Row> rows;
  if (const Addition* addition = AdditionTo(command); addition && !addition->argument.empty()) {
    return {{"<" + std::string(addition->argument) + ">", std::string(addition->argument_help)}};
  }
  for (const Param* param : PositionalsOf(command)) {
    rows.push_back({Angle(*param), WithLimits(std::string(param->help), Limits(*param))});
  }
  return rows;
}

// "-o, --output FORMAT", "--[no-]track-links"
std::string Term(const CliOption& option) {
  std::string term = option.names[0];
  const bool negatable = option.param && option.source == OptionSource::kSwitch;
  if (negatable) term.insert(2, "[no-]");
  for (const std::string& name : option.names) {
    if (name.size() == 2) term = name + ", " + term;
  }
  return option.placeholder.empty() ? term : term + " " + option.placeholder;
}

Row OptionRow(const CliOption& option) {
  if (option.param && !IsFileByPosition(*option.param) && option.param->required &&
      option.source == OptionSource::kValue) {
    return {Term(option), "The same as " + Angle(*option.param)};
  }
  if (option.param && !option.TakesFile()) {
    return {Term(option), WithLimits(option.help, Limits(*option.param))};
  }
  return {Term(option), WithLimits(option.help, Limits(option.choices))};
}

std::vector<Row> OptionRows(const std::vector<CliOption>& options) {
  std::vector<Row> rows;
  for (const CliOption& option : options) rows.push_back(OptionRow(option));
  return rows;
}

std::vector<Row> ErrorRows(const Command& command) {
  std::vector<Row> rows;
  for (const ErrorEntry& error : command.errors) {
    rows.push_back({std::to_string(error.code), std::string(error.text)});
  }
  return rows;
}

std::vector<Row> FieldRows(const Command& command) {
  std::vector<Row> rows;
  for (const Field& field : command.results) {
    rows.push_back({field.path, std::string(field.help)});
  }
  return rows;
}

std::vector<Row> CommandRows(std::string_view group) {
  std::vector<Row> rows;
  for (const OwnCommand& own : OwnCommands()) {
    if (own.group == group) rows.push_back({std::string(own.name), std::string(own.summary)});
  }
  for (const Command& command : All()) {
    if (command.group != group) continue;
    rows.push_back({std::string(command.CliName()), std::string(command.summary)});
  }
  return rows;
}

std::string Paragraph(std::string_view text) {
  return "\n" + Wrap(text, kWidth, 0) + "\n";
}

}  // namespace

std::string Wrap(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t column = indent;
  for (const std::string_view word : Split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string OverHttp(const Command& command) {
  const std::string legacy = "/api.php with Command=" + std::string(command.name) + ".";
  if (command.alias.path.empty()) return "Over HTTP: " + legacy;
  return "Over HTTP: " + std::string(command.alias.method) + " " + std::string(command.alias.path) +
         ", or " + legacy;
}

std::string Overview() {
  std::string text = "Usage: egctl <command> [arguments] [options]\n";
  text += Paragraph(
      "Command-line client for the egd email gateway: sender domains, keys, mail and its events. "
      "Without --url it talks to the daemon on this machine through its Unix socket.");
  for (const Group& group : Groups()) text += Section(group.title, CommandRows(group.name));
  text += Section("Options", OptionRows(GlobalOptions()));
  text += "\nExample:\n  egctl adddomain example.com\n";
  text += Paragraph(
      "\"egctl <command> --help\" shows a command's arguments and an example. A name with a dot "
      "may be written as words: \"egctl queue pause\" is queue.pause.");
  return text;
}

std::string HelpOf(const Command& command) {
  std::string text = "Usage: " + Wrap(Usage(command), kWidth, 7) + "\n";
  text += Paragraph(std::string(command.summary) + ". " + std::string(command.details));
  const Addition* addition = AdditionTo(command);
  if (addition) {
    for (const std::string_view line : Split(addition->details, '\n')) text += Paragraph(line);
  }
  text += Paragraph(OverHttp(command));
  text += Section("Arguments", ArgumentRows(command));
  text += Section("Options", OptionRows(OptionsOf(command)));
  text += Section("Answer", FieldRows(command));
  text += Section("Errors", ErrorRows(command));
  text += "\nExample:\n  " + std::string(command.example_cli) + "\n";
  if (!command.example_cli_use.empty()) {
    text += "  " + std::string(command.example_cli_use) + "\n";
  }
  if (addition && !addition->example.empty()) {
    text += "  " + std::string(addition->example) + "\n";
  }
  return text + "\n\"egctl --help\" shows the options all commands have.\n";
}

std::string HelpOf(const OwnCommand& command) {
  const std::string argument =
      command.argument.empty() ? "" : "<" + std::string(command.argument) + ">";
  std::string text = "Usage: egctl " + std::string(command.name) +
                     (argument.empty() ? "" : " " + argument) + " [options]\n";
  std::string paragraph = std::string(command.summary) + ". ";
  for (const std::string_view line : Split(command.details, '\n')) {
    text += Paragraph(std::exchange(paragraph, "") + std::string(line));
  }
  if (!argument.empty()) {
    text += Section("Arguments", {{argument, std::string(command.argument_help)}});
  }
  text += Section("Options", OptionRows(command.options));
  std::vector<Row> terms;
  for (const auto& term : command.terms) {
    terms.push_back({std::string(term.name), std::string(term.text)});
  }
  text += Section(command.terms_title, terms);
  text += "\nExample:\n  " + std::string(command.example) + "\n";
  return text + "\n\"egctl --help\" shows the options all commands have.\n";
}

}  // namespace egd::catalogue
