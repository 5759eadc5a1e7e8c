#include "shared/catalogue/cli_option.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::catalogue {
namespace {

bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}

std::string Placeholder(const Param& param) {
  if (IsDomainId(param)) return "DOMAIN";
  if (!param.choices.empty()) return "WORD";
  switch (param.type) {
    case ParamType::kString:
    case ParamType::kText:
    case ParamType::kSecret:
      return "TEXT";
    case ParamType::kInteger:
      return "N";
    case ParamType::kBoolean:
    case ParamType::kFlag:
      return "";
    case ParamType::kDay:
      return "DAY";
    case ParamType::kTimestamp:
      return "SECONDS";
    case ParamType::kStringList:
      return "LIST";
    case ParamType::kMailbox:
    case ParamType::kMailboxList:
      return "ADDRESS";
    case ParamType::kStringMap:
      return "KEY:VALUE";
    case ParamType::kAttachmentList:
      return "FILE";
    case ParamType::kRequestList:
    case ParamType::kJson:
      return "JSON";
  }
  return "TEXT";
}

bool IsGlobal(std::string_view name) {
  return std::ranges::any_of(GlobalOptions(), [name](const CliOption& option) {
    return std::ranges::count(option.names, name) > 0;
  });
}

CliOption Plain(const Param& param) {
  CliOption option{.names = {"--" + KebabCase(param.name)},
                   .placeholder = Placeholder(param),
                   .help = std::string(param.help),
                   .choices = param.choices,
                   .param = &param};
  option.repeatable = param.each;
  switch (param.type) {
    case ParamType::kBoolean:
    case ParamType::kFlag:
      option.source = OptionSource::kSwitch;
      break;
    case ParamType::kSecret:
      option.names = {"--" + KebabCase(param.name) + "-file"};
      option.source = OptionSource::kFile;
      option.placeholder = "FILE";
      option.help += "; the file that holds it, - for standard input";
      break;
    case ParamType::kMailboxList:
      option.repeatable = true;
      option.help += "; once for each";
      break;
    case ParamType::kStringMap:  // --header, for one of the Headers
      if (const auto one = option.names[0].substr(0, option.names[0].size() - 1); !IsGlobal(one)) {
        option.names.insert(option.names.begin(), one);
      }
      option.repeatable = true;
      option.help += "; once for each";
      break;
    case ParamType::kStringList:
      option.repeatable = true;
      break;
    case ParamType::kAttachmentList:
      option.names = {"--attach", option.names[0]};
      option.source = OptionSource::kAttachment;
      option.repeatable = true;
      option.help = "A file to attach; once for each";
      break;
    case ParamType::kString:
    case ParamType::kText:
    case ParamType::kInteger:
    case ParamType::kDay:
    case ParamType::kTimestamp:
    case ParamType::kMailbox:
    case ParamType::kRequestList:
    case ParamType::kJson:
      break;
  }
  return option;
}

// "HTMLContent" to "--html-file".
CliOption FileOf(const Param& param) {
  constexpr std::string_view kContent = "-content";
  std::string name = KebabCase(param.name);
  if (name.ends_with(kContent)) name.resize(name.size() - kContent.size());
  return {.names = {"--" + name + "-file"},
          .source = OptionSource::kFile,
          .placeholder = "FILE",
          .help = std::string(param.name) + " from a file, - for standard input",
          .param = &param};
}

CliOption InlineOf(const Param& param) {
  return {.names = {"--inline"},
          .source = OptionSource::kInlineAttachment,
          .placeholder = "FILE",
          .help = "An image that the HTML body shows as cid:<file name>; once for each",
          .repeatable = true,
          .param = &param};
}

std::string Range(const Param& param) {
  const bool low = param.minimum != INT64_MIN, high = param.maximum != INT64_MAX;
  if (low && high) return std::to_string(param.minimum) + " to " + std::to_string(param.maximum);
  if (low) return "at least " + std::to_string(param.minimum);
  if (high) return "at most " + std::to_string(param.maximum);
  return {};
}

}  // namespace

bool CliOption::TakesFile() const {
  return source == OptionSource::kFile || source == OptionSource::kBodyFile ||
         source == OptionSource::kAttachment || source == OptionSource::kInlineAttachment;
}

bool IsDomainId(const Param& param) {
  return param.type == ParamType::kInteger && param.name == "DomainID";
}

std::string KebabCase(std::string_view name) {
  if (name.ends_with("IDs")) return KebabCase(name.substr(0, name.size() - 3)) + "-ids";
  const bool is_id = name.size() > 2 && name.ends_with("ID") && IsUpper(name[name.size() - 3]);
  if (is_id) return KebabCase(name.substr(0, name.size() - 2)) + "-id";
  std::string kebab;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool after_word = i > 0 && !IsUpper(name[i - 1]) && name[i - 1] != '-';
    const bool before_word = i > 0 && i + 1 < name.size() && IsLower(name[i + 1]);
    if (IsUpper(name[i]) && (after_word || before_word)) kebab += '-';
    kebab += name[i];
  }
  return Lower(kebab);
}

std::vector<CliOption> OptionsOf(const Command& command) {
  std::vector<CliOption> options;
  for (const Param& param : command.params) {
    if (param.name == "APIKey") continue;  // the key that every command takes as --api-key-file
    options.push_back(Plain(param));
    const bool long_text = param.type == ParamType::kText || param.type == ParamType::kRequestList;
    if (long_text) options.push_back(FileOf(param));
    if (param.type == ParamType::kAttachmentList) options.push_back(InlineOf(param));
  }
  if (command.reply_file) options.push_back(Plain(*command.reply_file));
  if (command.Find("ContentType")) {
    options.push_back({.names = {"--body-file"},
                       .source = OptionSource::kBodyFile,
                       .placeholder = "FILE",
                       .help =
                           "The body from a file, - for standard input; HTML when ContentType is "
                           "html or the file's name ends in .html"});
  }
  if (command.takes_idempotency_key) {
    options.push_back({.names = {"--idempotency-key"},
                       .source = OptionSource::kIdempotencyKey,
                       .placeholder = "TEXT",
                       .help = "The same text within 24 hours gives the first answer again"});
  }
  if (const Addition* addition = AdditionTo(command)) {
    options.insert(options.end(), addition->options.begin(), addition->options.end());
  }
  return options;
}

const std::vector<CliOption>& GlobalOptions() {
  static const std::vector<CliOption> options = {
      {.names = {"--url"},
       .placeholder = "URL",
       .help = "Where the gateway is: http://host:port, https://host or unix:/path"},
      {.names = {"--api-key-file"},
       .source = OptionSource::kFile,
       .placeholder = "FILE",
       .help = "The file that holds the key to use, - for standard input"},
      {.names = {"--profile"}, .placeholder = "NAME", .help = "Profile with URL and key to use"},
      {.names = {"--as-user"},
       .placeholder = "N",
       .help = "As an admin, act for the user with this UserID"},
      {.names = {"--output", "-o"},
       .placeholder = "FORMAT",
       .help = "How to print the answer: by default a table on a terminal, else json",
       .choices = {"table", "json", "yaml", "csv", "raw"}},
      {.names = {"--field"},
       .placeholder = "PATH",
       .help = "Print this one value of the answer: Domain.DomainID"},
      {.names = {"--wide"},
       .source = OptionSource::kSwitch,
       .help = "In a table: cut nothing, however wide the terminal is"},
      {.names = {"--timeout"},
       .placeholder = "TIME",
       .help = "How long to wait for the answer: 90s, 15m, 1h (default 60s)"},
      {.names = {"--verbose", "-v"},
       .source = OptionSource::kSwitch,
       .help = "Show request line and status on standard error"},
      {.names = {"--help", "-h"}, .source = OptionSource::kSwitch, .help = "Show help"},
  };
  return options;
}

bool IsWrittenAsWords(std::string_view cli_name) {
  size_t dot = cli_name.find('.');
  if (dot == cli_name.npos) return false;
  for (; dot != cli_name.npos; dot = cli_name.find('.', dot + 1)) {
    const Command* shorter = FindCli(cli_name.substr(0, dot));
    if (shorter && !PositionalsOf(*shorter).empty()) return false;
  }
  return true;
}

std::vector<const Param*> PositionalsOf(const Command& command) {
  std::vector<const Param*> positionals;
  for (const Param& param : command.params) {
    if ((param.required || param.by_position) && param.type != ParamType::kSecret)
      positionals.push_back(&param);
  }
  if (command.reply_file) positionals.push_back(&*command.reply_file);
  return positionals;
}

bool IsFileByPosition(const Param& param) {
  return param.required && param.octets;
}

std::string_view CliDefault(const Param& param) {
  if (!param.required) return {};
  return param.name == "StartFrom" ? "0" : param.name == "RetrieveCount" ? "50" : "";
}

bool IsOptional(const Param& param) {
  return param.by_position || !CliDefault(param).empty();
}

std::string ArgumentName(const Param& param) {
  if (IsFileByPosition(param)) return "file";
  return IsDomainId(param) ? "domain" : KebabCase(param.name);
}

bool TakesMany(const Param& param) {
  return param.type == ParamType::kMailboxList || param.each;
}

std::string Limits(const std::vector<std::string_view>& choices) {
  if (choices.empty()) return {};
  return "one of " + Join(std::vector<std::string>(choices.begin(), choices.end()), ", ");
}

std::string Limits(const Param& param) {
  std::vector<std::string> parts;
  if (!param.choices.empty()) parts.push_back(Limits(param.choices));
  const std::string_view given = CliDefault(param);
  if (!given.empty()) parts.push_back("default " + std::string(given) + " on a terminal");
  if (given.empty() && !param.default_text.empty()) {
    parts.push_back("default " + std::string(param.default_text));
  }
  if (const std::string range = Range(param); !range.empty()) parts.push_back(range);
  return Join(parts, "; ");
}

const std::vector<Group>& Groups() {
  static const std::vector<Group> groups = {
      {"domains", "Sender domains"},
      {"email", "Sending"},
      {"events", "Events"},
      {"statistics", "Statistics"},
      {"webhooks", "Webhooks"},
      {"suppressions", "Suppression list"},
      {"captured", "What test keys sent"},
      {"inbound", "Mail that came back"},
      {"tracking", "Opens and clicks"},
      {"templates", "Templates"},
      {"lists", "Lists and subscribers"},
      {"journeys", "Journeys"},
      {"delivery", "Delivery"},
      {"operation", "Running the gateway"},
      {"subject", "Everything about one address"},
      {"keys", "Sender keys"},
      {"smtp", "SMTP credentials"},
      {"accounts", "Users and their keys"},
  };
  return groups;
}

}  // namespace egd::catalogue
