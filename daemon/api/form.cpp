#include "daemon/api/form.h"

#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::api {
namespace {

constexpr size_t kMaxPartHead = 8 * 1024;
constexpr size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1

std::string DecodePercent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (const auto byte = FromHex(text.substr(i + 1, 2)); byte && byte->size() == 1) {
        decoded += *byte;
        i += 2;
        continue;
      }
    }
    decoded += text[i] == '+' ? ' ' : text[i];
  }
  return decoded;
}

// The value of the header line `name` in a part's head.
std::string_view PartHeader(std::string_view head, std::string_view name) {
  for (std::string_view line : Split(head, '\n')) {
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && EqualsIgnoreCase(Trim(line.substr(0, colon)), name)) {
      return Trim(line.substr(colon + 1));
    }
  }
  return {};
}

// `part` is what stands between two delimiter lines: head, empty line, content.
std::optional<FormField> ParsePart(std::string_view part) {
  const size_t head = part.substr(0, kMaxPartHead).find("\r\n\r\n");
  if (head == std::string_view::npos) return std::nullopt;
  auto name = HeaderParameter(PartHeader(part.substr(0, head), "Content-Disposition"), "name");
  if (!name) return std::nullopt;
  return FormField{std::move(*name), std::string(part.substr(head + 4))};
}

// Takes a quoted string off the front of `text`, which starts behind the opening quote.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  return std::nullopt;
}

// Takes a parameter's value, quoted or a token, off the front of `text`.
std::optional<std::string> TakeValue(std::string_view& text) {
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    return TakeQuoted(text);
  }
  const size_t end = std::min(text.find(';'), text.size());
  const std::string value(Trim(text.substr(0, end)));
  text.remove_prefix(end);
  return value;
}

}  // namespace

std::optional<std::vector<FormField>> ParseUrlEncoded(std::string_view text) {
  std::vector<FormField> fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (fields.size() == kMaxFormFields) return std::nullopt;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    fields.push_back({DecodePercent(pair.substr(0, equals)), DecodePercent(value)});
  }
  return fields;
}

std::optional<std::vector<FormField>> ParseMultipart(std::string_view body,
                                                     std::string_view boundary) {
  if (boundary.empty() || boundary.size() > kMaxBoundary) return std::nullopt;
  const std::string delimiter = "\r\n--" + std::string(boundary);
  std::vector<FormField> fields;
  size_t at = 0;  // behind a delimiter
  if (body.starts_with(std::string_view(delimiter).substr(2))) {
    at = delimiter.size() - 2;
  } else if ((at = body.find(delimiter)) != std::string_view::npos) {
    at += delimiter.size();
  } else {
    return std::nullopt;
  }
  while (!body.substr(at).starts_with("--")) {
    const size_t line = body.find_first_not_of(" \t", at);
    const size_t end = body.find(delimiter, at);
    if (end == std::string_view::npos || body.substr(line, 2) != "\r\n") return std::nullopt;
    // The delimiter's own line end is where a part without content would begin its empty line.
    if (end < line + 2 || fields.size() == kMaxFormFields) return std::nullopt;
    auto field = ParsePart(body.substr(line + 2, end - line - 2));
    if (!field) return std::nullopt;
    fields.push_back(std::move(*field));
    at = end + delimiter.size();
  }
  return fields;
}

std::optional<std::string> HeaderParameter(std::string_view header, std::string_view name) {
  size_t semicolon = header.find(';');
  std::string_view rest = header.substr(std::min(semicolon, header.size()));
  while (rest.starts_with(';')) {
    rest.remove_prefix(1);
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = Trim(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    auto value = TakeValue(rest);
    if (!value) return std::nullopt;
    if (EqualsIgnoreCase(key, name)) return value;
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  }
  return std::nullopt;
}

}  // namespace egd::api
