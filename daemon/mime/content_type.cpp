#include "daemon/mime/content_type.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::mime {
namespace {

// RFC 2045 section 5.1: any printable ASCII character but a space and the tspecials.
bool IsTokenCharacter(char c) {
  constexpr std::string_view kSpecials = "()<>@,;:\\\"/[]?=";
  return c > ' ' && c <= '~' && kSpecials.find(c) == std::string_view::npos;
}

bool TakeToken(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsTokenCharacter);
  const auto length = size_t(end - text.begin());
  text.remove_prefix(length);
  return length > 0;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeQuoted(std::string_view& text) {
  if (!Take(text, '"')) return false;
  while (!text.empty() && text.front() != '"') {
    text.remove_prefix(std::min<size_t>(text.front() == '\\' ? 2 : 1, text.size()));
  }
  return Take(text, '"');
}

bool TakeParameter(std::string_view& text) {
  text = Trim(text);
  if (!Take(text, ';')) return false;
  text = Trim(text);
  return TakeToken(text) && Take(text, '=') && (TakeToken(text) || TakeQuoted(text));
}

}  // namespace

bool IsMediaType(std::string_view text) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (text.size() > 255 || !std::all_of(text.begin(), text.end(), printable)) return false;
  if (!TakeToken(text) || !Take(text, '/') || !TakeToken(text)) return false;
  while (!text.empty()) {
    if (!TakeParameter(text)) return false;
  }
  return true;
}

bool IsCompositeType(std::string_view media_type) {
  const auto type = media_type.substr(0, media_type.find('/'));
  return EqualsIgnoreCase(type, "multipart") || EqualsIgnoreCase(type, "message");
}

}  // namespace egd::mime
