#include "daemon/core/personalisation.h"

#include <algorithm>
#include <optional>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

constexpr size_t kMaxFieldName = 64;  // longer than any custom field's name may be

struct Field {
  std::string_view name;      // "Subscriber:FirstName"
  std::string_view fallback;  // without its quotes
  size_t length = 0;          // of the whole text it replaces
};

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ' ';
}

bool IsFieldName(std::string_view name) {
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos || name.size() > kMaxFieldName) return false;
  const std::string_view space = name.substr(0, colon), rest = name.substr(colon + 1);
  if (!EqualsIgnoreCase(space, "Subscriber") && !EqualsIgnoreCase(space, "Link")) return false;
  return !rest.empty() && std::all_of(rest.begin(), rest.end(), IsNameChar);
}

// `inside` is what stands between the braces: a name, and perhaps | "fallback" or | 'fallback'.
std::optional<Field> ParseInside(std::string_view inside) {
  Field field;
  const size_t bar = inside.find('|');
  field.name = Trim(inside.substr(0, bar));
  if (!IsFieldName(field.name)) return std::nullopt;
  if (bar == std::string_view::npos) return field;
  const std::string_view quoted = Trim(inside.substr(bar + 1));
  const char mark = quoted.empty() ? '\0' : quoted.front();
  if (quoted.size() < 2 || (mark != '"' && mark != '\'') || quoted.back() != mark) {
    return std::nullopt;
  }
  field.fallback = quoted.substr(1, quoted.size() - 2);
  if (field.fallback.find(mark) != std::string_view::npos) return std::nullopt;
  return field;
}

// The field at the start of `text`, which begins with "{{" or "%".
std::optional<Field> ParseField(std::string_view text) {
  const std::string_view open = text.front() == '{' ? "{{" : "%", close = open == "%" ? "%" : "}}";
  constexpr size_t kMaxInside = 1024;  // bounds the search, so hostile text costs linear time
  const std::string_view window = text.substr(open.size(), kMaxInside);
  const size_t end = window.find(close);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inside = window.substr(0, end);
  if (open == "%" && !IsFieldName(inside)) return std::nullopt;
  auto field = ParseInside(inside);
  if (field) field->length = open.size() + end + close.size();
  return field;
}

// Not find_first_of, which calls for each character, nor a search for each opening: of text that is
// full of the one, the search for the other would cost the square.
size_t FindOpening(std::string_view text, size_t from) {
  for (size_t at = from; at < text.size(); ++at) {
    if (text[at] == '%' || (text[at] == '{' && text.substr(at, 2) == "{{")) return at;
  }
  return std::string_view::npos;
}

void AppendEscaped(std::string& out, std::string_view value, FieldContext context) {
  bool in_control = false;
  for (const char c : value) {
    if (context == FieldContext::kHeader) {
      const bool control = uint8_t(c) < 0x20 || c == 0x7f;
      if (!control) {
        out += c;
      } else if (!in_control) {
        out += ' ';  // CR LF is one line break
      }
      in_control = control;
    } else if (context == FieldContext::kPlain) {
      out += c;
    } else {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\'':
          out += "&#39;";
          break;
        default:
          out += c;
      }
    }
  }
}

// `text` with each field as `append(out, field)` writes it.
template <typename Append>
std::string ReplaceFields(std::string_view text, Append append) {
  std::string out;
  out.reserve(text.size());
  size_t copied = 0;
  for (size_t at = FindOpening(text, 0); at != std::string_view::npos; at = FindOpening(text, at)) {
    const auto field = ParseField(text.substr(at));
    if (!field) {
      ++at;
      continue;
    }
    out += text.substr(copied, at - copied);
    append(out, *field);
    copied = at += field->length;
  }
  return out += text.substr(copied);
}

}  // namespace

std::string Personalise(std::string_view text, FieldContext context, const FieldLookup& lookup) {
  return ReplaceFields(text, [&](std::string& out, const Field& field) {
    const std::string value = lookup(field.name);
    AppendEscaped(out, value.empty() ? field.fallback : std::string_view(value), context);
  });
}

std::string ShowFields(std::string_view text) {
  return ReplaceFields(text, [](std::string& out, const Field& field) {
    if (!field.fallback.empty()) {
      out += field.fallback;
    } else {
      out.append("[").append(Trim(field.name.substr(field.name.find(':') + 1))).append("]");
    }
  });
}

bool HasFields(std::string_view text) {
  for (size_t at = FindOpening(text, 0); at != std::string_view::npos;
       at = FindOpening(text, at + 1)) {
    if (ParseField(text.substr(at))) return true;
  }
  return false;
}

}  // namespace egd::core
