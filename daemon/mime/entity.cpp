#include "daemon/mime/entity.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr std::string_view kCrlf = "\r\n";

// Up to one of `ends` outside quotes and comments; quotes taken off.
std::string TakeUpTo(std::string_view& rest, std::string_view ends) {
  std::string out;
  int comments = 0;
  bool quoted = false;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '\\' && (quoted || comments > 0) && i + 1 < rest.size()) {
      ++i;
      if (comments == 0) out += rest[i];
    } else if (c == '"' && comments == 0) {
      quoted = !quoted;
    } else if (c == '(' && !quoted) {
      ++comments;
    } else if (c == ')' && !quoted && comments > 0) {
      --comments;
    } else if (comments > 0 || c == '\r' || c == '\n') {
      continue;
    } else if (!quoted && ends.find(c) != std::string_view::npos) {
      break;
    } else {
      out += c;
    }
  }
  rest.remove_prefix(i);
  return out;
}

}  // namespace

std::string_view TakeLine(std::string_view& rest) {
  const std::string_view line = rest.substr(0, std::min(rest.find(kCrlf), rest.size() - 2) + 2);
  rest.remove_prefix(line.size());
  return line;
}

Entity ReadEntity(std::string_view text) {
  Entity entity;
  std::string_view rest = text;
  while (rest.size() >= kCrlf.size() && !rest.starts_with(kCrlf)) {
    const size_t begin = text.size() - rest.size();
    do {
      TakeLine(rest);
    } while (rest.size() >= kCrlf.size() && (rest.front() == ' ' || rest.front() == '\t'));
    HeaderField field{{}, {}, begin, text.size() - rest.size()};
    const std::string_view all = text.substr(begin, field.end - begin);
    const size_t colon = std::min(all.find(':'), all.size());
    field.name = Trim(all.substr(0, colon));
    field.value = all.substr(std::min(colon + 1, all.size()));
    entity.fields.push_back(field);
  }
  if (rest.starts_with(kCrlf)) rest.remove_prefix(kCrlf.size());
  entity.header = text.substr(0, text.size() - rest.size());
  entity.body = rest;
  return entity;
}

const HeaderField* Find(const Entity& entity, std::string_view name) {
  for (const HeaderField& field : entity.fields) {
    if (EqualsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

Structured::Structured(const HeaderField* field) {
  if (!field) return;
  std::string_view rest = field->value;
  value = Lower(Trim(TakeUpTo(rest, ";")));
  while (!rest.empty()) {
    rest.remove_prefix(1);
    std::string_view left = rest;
    const std::string name = Lower(Trim(TakeUpTo(left, "=;")));
    rest = left;
    if (rest.empty() || rest.front() == ';') continue;
    rest.remove_prefix(1);
    const std::string text = TakeUpTo(rest, ";");
    parameters.emplace_back(name, std::string(Trim(text)));
  }
}

std::string Structured::Parameter(std::string_view name) const {
  for (const auto& [key, text] : parameters) {
    if (key == name) return text;
  }
  return {};
}

}  // namespace egd::mime
