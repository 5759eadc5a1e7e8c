#include <toml++/toml.h>

#include "cli/desired/document.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

// Parts of a dotted key: the library makes a table of each, and takes them apart recursively.
constexpr size_t kMaxKeyParts = 64;

bool IsKeyCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '"' || c == '\'';
}

// The line of a chain of so many parts, "a.b.c"; 0: none.
size_t LineOfLongKey(const std::string& text) {
  size_t line = 1, parts = 0;
  bool in_part = false;
  for (const char c : text) {
    line += c == '\n';
    if (IsKeyCharacter(c)) {
      in_part = true;
    } else if (c == '.') {
      parts = in_part ? parts + 1 : 0;
      in_part = false;
      if (parts > kMaxKeyParts) return line;
    } else if (c != ' ' && c != '\t') {
      parts = 0;
      in_part = false;
    }
  }
  return 0;
}

size_t Line(const toml::source_region& source) {
  return source.begin.line;
}

void Build(const toml::node& node, NodeBuilder& builder) {
  const size_t line = Line(node.source());
  if (builder.mistake()) return;
  if (const auto* table = node.as_table()) {
    builder.Begin({Node::Table(), line});
    for (const auto& [key, value] : *table) {
      builder.Key(std::string(key.str()), Line(key.source()));
      Build(value, builder);
    }
    builder.End();
  } else if (const auto* list = node.as_array()) {
    builder.Begin({Node::List(), line});
    for (const toml::node& element : *list) Build(element, builder);
    builder.End();
  } else if (const auto text = node.value_exact<std::string>()) {
    builder.Add({*text, line});
  } else if (const auto integer = node.value_exact<int64_t>()) {
    builder.Add({*integer, line});
  } else if (const auto boolean = node.value_exact<bool>()) {
    builder.Add({*boolean, line});
  } else {
    builder.Add({Node::Other{node.is_number() ? "a number with a fraction" : "a date"}, line});
  }
}

}  // namespace

Result<Node> ReadToml(const std::string& text) {
  if (const size_t line = LineOfLongKey(text)) {
    return InvalidArgument(std::to_string(line) + ": nested too deeply");
  }
  NodeBuilder builder;
  try {
    Build(toml::parse(text), builder);
  } catch (const toml::parse_error& error) {
    return InvalidArgument(std::to_string(Line(error.source())) + ": " +
                           std::string(error.description()));
  }
  if (const auto& mistake = builder.mistake()) {
    return InvalidArgument(std::to_string(mistake->line) + ": " + mistake->text);
  }
  return builder.Take();
}

}  // namespace egd::cli
