#include "daemon/dkim/canonical.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::dkim {
namespace {

constexpr std::string_view kCrlf = "\r\n";

bool IsSpace(char c) {
  return c == ' ' || c == '\t';
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find(kCrlf);
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), line.size() + kCrlf.size()));
  return line;
}

// All white space in it is single spaces.
bool HasSingleSpaces(std::string_view line) {
  bool single = true;
  char before = 0;
  for (const char c : line) {
    single &= c != '\t' && (c != ' ' || before != ' ');
    before = c;
  }
  return single;
}

// Appends `line` with each run of white space as one space, and none at the end.
void AppendRelaxed(std::string& out, std::string_view line) {
  while (!line.empty() && IsSpace(line.back())) line.remove_suffix(1);
  if (HasSingleSpaces(line)) {  // most lines
    out += line;
    return;
  }
  while (!line.empty()) {
    const auto space = std::find_if(line.begin(), line.end(), IsSpace);
    const auto word = std::find_if_not(space, line.end(), IsSpace);
    out.append(line.begin(), space);
    if (word != space) out += ' ';
    line.remove_prefix(size_t(word - line.begin()));
  }
}

}  // namespace

MessageParts SplitMessage(std::string_view message) {
  MessageParts parts;
  while (!message.empty()) {
    const std::string_view from_here = message;
    const std::string_view line = TakeLine(message);
    if (line.empty()) break;
    size_t length = line.size();
    while (!message.empty() && IsSpace(message.front())) {
      length += kCrlf.size() + TakeLine(message).size();
    }
    const std::string_view field = from_here.substr(0, length);
    const size_t colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    parts.fields.push_back({Trim(field.substr(0, colon)), field.substr(colon + 1)});
  }
  parts.body = message;
  return parts;
}

std::string RelaxedHeader(const HeaderField& field) {
  std::string unfolded;
  for (std::string_view rest = field.value; !rest.empty();) unfolded += TakeLine(rest);
  std::string out = Lower(field.name) + ":";
  AppendRelaxed(out, Trim(unfolded));
  return out;
}

std::string RelaxedBody(std::string_view body) {
  std::string out;
  out.reserve(body.size() + kCrlf.size());
  size_t end_of_text = 0;  // what follows is empty lines, which do not count at the end
  while (!body.empty()) {
    const size_t start = out.size();
    AppendRelaxed(out, TakeLine(body));
    const bool empty = out.size() == start;
    out += kCrlf;
    if (!empty) end_of_text = out.size();
  }
  out.resize(end_of_text);
  return out;
}

}  // namespace egd::dkim
