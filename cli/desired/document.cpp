#include "cli/desired/document.h"

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr size_t kMaxBytes = 32 * 1024 * 1024;  // a million suppressions
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct FormatName {
  std::string_view name;
  DocumentFormat format;
};
constexpr FormatName kNames[] = {{"toml", DocumentFormat::kToml},
                                 {"yaml", DocumentFormat::kYaml},
                                 {"yml", DocumentFormat::kYaml},
                                 {"json", DocumentFormat::kJson}};

DocumentFormat FormatOfLine(std::string_view line) {
  if (line.starts_with('{')) return DocumentFormat::kJson;
  const size_t mark = line.find_first_of("=:");
  const bool is_toml = line.starts_with('[') || (mark != line.npos && line[mark] == '=');
  return is_toml ? DocumentFormat::kToml : DocumentFormat::kYaml;
}

Result<Node> Read(const std::string& text, DocumentFormat format) {
  switch (format) {
    case DocumentFormat::kToml:
      return ReadToml(text);
    case DocumentFormat::kYaml:
      return ReadYaml(text);
    case DocumentFormat::kJson:
      return ReadJsonText(text);
  }
  return Node();
}

// The first that says something; empty when none does.
std::string_view FirstLine(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    if (!line.empty() && !line.starts_with('#') && line != "---") return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

}  // namespace

std::optional<DocumentFormat> ParseDocumentFormat(std::string_view name) {
  for (const FormatName& row : kNames) {
    if (EqualsIgnoreCase(row.name, name)) return row.format;
  }
  return std::nullopt;
}

DocumentFormat FormatOfDocument(std::string_view file, std::string_view text) {
  const size_t dot = file.rfind('.');
  if (dot != file.npos) {
    if (const auto format = ParseDocumentFormat(file.substr(dot + 1))) return *format;
  }
  const std::string_view line = FirstLine(text);
  return line.empty() ? DocumentFormat::kToml : FormatOfLine(line);
}

Result<Node> ReadDocument(const std::string& file, const std::string& text, DocumentFormat format) {
  const std::string name = Printable(file == "-" ? "standard input" : file);
  if (text.size() > kMaxBytes) return InvalidArgument(name + " is larger than 32 MiB");
  if (!IsUtf8(text)) return InvalidArgument(name + " is not valid UTF-8");
  // A file that was cut off or not filled in must not look like one that asks for nothing.
  if (FirstLine(text).empty())
    return InvalidArgument(name + " is empty: {} says that nothing is asked for");
  auto root = Read(text.starts_with(kByteOrderMark) ? text.substr(3) : text, format);
  if (!root) return InvalidArgument(name + ":" + root.error().public_text);
  if (root->IsNull()) root->value = Node::Table();
  if (!root->As<Node::Table>()) {
    return InvalidArgument(name + ":" + std::to_string(root->line) +
                           ": the document must be a table with keys such as `domains`");
  }
  return root;
}

}  // namespace egd::cli
