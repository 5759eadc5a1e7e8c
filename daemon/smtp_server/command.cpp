#include "daemon/smtp_server/command.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::smtp_server {
namespace {

struct Word {
  std::string_view text;
  Verb verb;
};
constexpr Word kWords[] = {
    {"HELO", Verb::kHelo},    {"EHLO", Verb::kEhlo},
    {"MAIL", Verb::kMail},    {"RCPT", Verb::kRcpt},
    {"DATA", Verb::kData},    {"BDAT", Verb::kBdat},
    {"RSET", Verb::kRset},    {"NOOP", Verb::kNoop},
    {"QUIT", Verb::kQuit},    {"VRFY", Verb::kVrfy},
    {"EXPN", Verb::kExpn},    {"HELP", Verb::kHelp},
    {"AUTH", Verb::kAuth},    {"STARTTLS", Verb::kStartTls},
    {"GET", Verb::kHttp},     {"POST", Verb::kHttp},
    {"PUT", Verb::kHttp},     {"HEAD", Verb::kHttp},
    {"DELETE", Verb::kHttp},  {"OPTIONS", Verb::kHttp},
    {"CONNECT", Verb::kHttp}, {"PATCH", Verb::kHttp},
    {"TRACE", Verb::kHttp},   {"PRI", Verb::kHttp},  // the preface of HTTP/2
};

// Header fields that no SMTP command begins with: the rest of a request whose first line got lost.
bool IsHttpField(std::string_view word) {
  constexpr std::string_view kFields[] = {
      "Host:", "User-Agent:", "Accept:", "Connection:", "Content-Length:", "Content-Type:"};
  return std::ranges::any_of(kFields,
                             [&](std::string_view field) { return EqualsIgnoreCase(field, word); });
}

// The end of a path that begins at the start of `text`: its '>', or with no bracket the first
// space. Text in quotes is skipped (RFC 5321 section 4.1.2: Quoted-string).
size_t EndOfPath(std::string_view text, char end) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == end) {
      return i;
    }
  }
  return std::string_view::npos;
}

// "@a,@b:user@c" to "user@c": routes are to be accepted and ignored (RFC 5321 appendix C).
std::string_view WithoutRoute(std::string_view path) {
  if (!path.starts_with('@')) return path;
  const size_t colon = path.find(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

bool IsKeyword(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && is_word(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '-'; });
}

// esmtp-value: anything printable but space and '=' (RFC 5321 section 4.1.2). AUTH=<a=b> occurs.
bool IsValue(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return uint8_t(c) <= ' ' || c == 0x7f; });
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  return upper;
}

bool ReadParameters(std::string_view text, std::vector<PathArgument::Parameter>& parameters) {
  for (const std::string_view part : Split(text, ' ')) {
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    const bool has_value = equals < part.size();
    if (!IsKeyword(part.substr(0, equals)) || !IsValue(value)) return false;
    if (has_value && value.empty()) return false;
    parameters.push_back({Upper(part.substr(0, equals)), std::string(value)});
  }
  return true;
}

std::string NotOffered(std::string_view what, const std::string& keyword) {
  return "555 5.5.4 " + std::string(what) + " parameter " + Printable(keyword.substr(0, 40)) +
         " is not offered here";
}

bool IsRepeated(const std::vector<PathArgument::Parameter>& parameters, size_t index) {
  return std::any_of(parameters.begin(), parameters.begin() + long(index),
                     [&](const auto& p) { return p.keyword == parameters[index].keyword; });
}

std::optional<uint64_t> ParseSize(std::string_view text) {
  constexpr size_t kMaxDigits = 18;  // fits; RFC 1870 allows 20
  const bool digits =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.size() > kMaxDigits) return std::nullopt;
  return uint64_t(*ParseInteger(text));
}

}  // namespace

Command ParseCommand(std::string_view line) {
  Command command;
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  command.word = line.substr(0, end);
  command.argument = Trim(line.substr(end));
  const auto found = std::ranges::find_if(
      kWords, [&](const Word& word) { return EqualsIgnoreCase(word.text, command.word); });
  if (found != std::end(kWords)) {
    command.verb = found->verb;
  } else if (IsHttpField(command.word)) {
    command.verb = Verb::kHttp;
  }
  return command;
}

std::optional<PathArgument> ParsePath(std::string_view argument, std::string_view keyword,
                                      bool lenient) {
  const std::string_view head = argument.substr(0, keyword.size());
  if (!EqualsIgnoreCase(head, keyword)) return std::nullopt;
  std::string_view rest = argument.substr(keyword.size());
  if (lenient) rest = Trim(rest);
  if (!rest.starts_with(':')) return std::nullopt;
  rest.remove_prefix(1);
  if (lenient) rest = Trim(rest);

  const bool bracketed = rest.starts_with('<');
  if (!bracketed && (!lenient || rest.empty())) return std::nullopt;
  if (bracketed) rest.remove_prefix(1);
  const size_t end = EndOfPath(rest, bracketed ? '>' : ' ');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  std::string_view path = rest.substr(0, end);
  rest.remove_prefix(std::min(path.size() + 1, rest.size()));
  if (bracketed && !rest.empty() && rest[0] != ' ') return std::nullopt;
  if (lenient) path = Trim(path);

  constexpr size_t kMaxPathBytes = 1000;  // of 254 that can be valid (RFC 3696 erratum 1690)
  if (path.size() > kMaxPathBytes || HasControl(path)) return std::nullopt;
  PathArgument parsed;
  parsed.path = WithoutRoute(path);
  if (!ReadParameters(rest, parsed.parameters)) return std::nullopt;
  return parsed;
}

std::optional<MailParameters> ReadMailParameters(const PathArgument& argument, bool lenient,
                                                 std::string& problem) {
  MailParameters read;
  for (size_t i = 0; i < argument.parameters.size(); ++i) {
    const auto& [keyword, value] = argument.parameters[i];
    if (IsRepeated(argument.parameters, i)) {
      problem = "501 5.5.4 A parameter is repeated: " + keyword;
    } else if (keyword == "SIZE") {
      const auto size = ParseSize(value);
      if (!size) problem = "501 5.5.4 SIZE needs a number of bytes";
      read.size = size.value_or(0);
    } else if (keyword == "BODY") {
      const bool known = EqualsIgnoreCase(value, "7BIT") || EqualsIgnoreCase(value, "8BITMIME");
      if (!known) problem = "501 5.5.4 BODY is 7BIT or 8BITMIME here";
    } else if (keyword == "SMTPUTF8") {
      if (!value.empty()) problem = "501 5.5.4 SMTPUTF8 takes no value";
      read.smtputf8 = true;
    } else if (keyword != "AUTH" && !lenient) {  // RFC 4954 section 5: taken and not used
      problem = NotOffered("MAIL", keyword);
    }
    if (!problem.empty()) return std::nullopt;
  }
  return read;
}

bool CheckRcptParameters(const PathArgument& argument, bool lenient, std::string& problem) {
  if (lenient || argument.parameters.empty()) return true;
  problem = NotOffered("RCPT", argument.parameters[0].keyword);
  return false;
}

std::optional<BdatArgument> ParseBdat(std::string_view argument) {
  const size_t end = std::min(argument.find(' '), argument.size());
  const auto size = ParseSize(argument.substr(0, end));
  const std::string_view rest = Trim(argument.substr(end));
  if (!size || !(rest.empty() || EqualsIgnoreCase(rest, "LAST"))) return std::nullopt;
  return BdatArgument{*size, !rest.empty()};
}

}  // namespace egd::smtp_server
