#include "daemon/smtp/smtp_reply.h"

#include <algorithm>
#include <utility>

#include "shared/base/strings.h"

namespace egd::smtp {
namespace {

constexpr size_t kMaxOneLineBytes = 1000;  // what an event keeps

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Length of up to `most` digits at the start of `text`.
size_t DigitCount(std::string_view text, size_t most) {
  size_t count = 0;
  while (count < std::min(text.size(), most) && IsDigit(text[count])) ++count;
  return count;
}

// "5.1.1" at the start of `text` (RFC 3463 section 2: class, subject and detail of up to three
// digits), or nothing. `code_class` is the code's first digit: a contradiction ("250 5.1.1") is no
// status.
std::string_view EnhancedPrefix(std::string_view text, char code_class) {
  if (text.size() < 5 || text[0] != code_class || text[1] != '.') return {};
  const size_t subject = DigitCount(text.substr(2), 3);
  const size_t second_dot = 2 + subject;
  if (subject == 0 || second_dot >= text.size() || text[second_dot] != '.') return {};
  const size_t detail = DigitCount(text.substr(second_dot + 1), 3);
  const size_t end = second_dot + 1 + detail;
  if (detail == 0 || (end < text.size() && text[end] != ' ')) return {};
  return text.substr(0, end);
}

// The longest prefix of at most `most` bytes that ends between two UTF-8 characters.
std::string_view CutAtCharacter(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (uint8_t(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace

SmtpReply NoReply(std::string enhanced, std::string why) {
  SmtpReply reply;
  reply.enhanced = std::move(enhanced);
  reply.lines.push_back(Printable(why));
  return reply;
}

std::string OneLine(const SmtpReply& reply) {
  std::string text = reply.code == 0 ? "" : std::to_string(reply.code);
  for (size_t i = 0; i < reply.lines.size() && text.size() <= kMaxOneLineBytes; ++i) {
    std::string_view line = reply.lines[i];
    const bool repeats_status =
        i > 0 && !reply.enhanced.empty() && line.starts_with(reply.enhanced);
    if (repeats_status) line = Trim(line.substr(reply.enhanced.size()));
    if (!text.empty() && !line.empty()) text += ' ';
    text += line;
  }
  return std::string(CutAtCharacter(text, kMaxOneLineBytes));
}

std::optional<SmtpReply> ParseReply(std::string_view text) {
  text = Trim(text);
  if (DigitCount(text, 4) != 3) return std::nullopt;
  const std::string code(text.substr(0, 3));
  ReplyParser parser;
  auto state = ReplyParser::State::kIncomplete;
  const auto lines = Split(text, '\n');
  for (size_t i = 0; i < lines.size() && state == ReplyParser::State::kIncomplete; ++i) {
    std::string_view words = Trim(lines[i]);
    if (words.starts_with(code)) words = words.substr(std::min<size_t>(4, words.size()));
    std::string line = code + (i + 1 < lines.size() ? '-' : ' ');
    line.append(words).append("\r\n");
    std::string_view input = line;
    state = parser.Feed(input);
  }
  if (state != ReplyParser::State::kComplete) return std::nullopt;
  return parser.Take();
}

ReplyParser::State ReplyParser::Feed(std::string_view& input) {
  while (!input.empty()) {
    const size_t end = input.find('\n');
    const std::string_view part = input.substr(0, end);
    if (line_.size() + part.size() > kMaxLineBytes)
      return Broken("a reply line is longer than 2 KiB");
    line_ += part;
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (end == std::string_view::npos) break;
    const State state = EndLine();
    if (state != State::kIncomplete) return state;
  }
  return State::kIncomplete;
}

SmtpReply ReplyParser::Take() {
  return std::exchange(reply_, {});
}

ReplyParser::State ReplyParser::EndLine() {
  std::string line = std::exchange(line_, {});
  if (!line.empty() && line.back() == '\r') line.pop_back();

  const bool has_code = DigitCount(line, 4) == 3 && line[0] >= '2' && line[0] <= '5';
  const char separator = line.size() > 3 ? line[3] : ' ';
  if (!has_code || (separator != ' ' && separator != '-'))
    return Broken("a reply does not begin with a code");
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (!reply_.lines.empty() && code != reply_.code)
    return Broken("the lines of a reply have different codes");
  if (reply_.lines.size() == kMaxLines) return Broken("a reply has more than 100 lines");

  const std::string_view text = std::string_view(line).substr(std::min<size_t>(4, line.size()));
  if (reply_.lines.empty()) reply_.enhanced = EnhancedPrefix(text, line[0]);
  reply_.code = code;
  reply_.lines.push_back(Printable(text));
  return separator == '-' ? State::kIncomplete : State::kComplete;
}

ReplyParser::State ReplyParser::Broken(std::string_view problem) {
  problem_ = problem;
  return State::kBroken;
}

}  // namespace egd::smtp
