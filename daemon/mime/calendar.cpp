#include "daemon/mime/calendar.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::mime {
namespace {

// The token at the start of `text`, which may be quoted; empty: there is none.
std::string Token(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('"')) text.remove_prefix(1);
  const auto end = std::ranges::find_if_not(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; });
  return std::string(text.begin(), end);
}

// Calendar properties come before the components (section 3.6).
std::string MethodProperty(std::string_view content) {
  constexpr std::string_view kName = "METHOD:", kBegin = "BEGIN:";
  constexpr size_t kMostBytes = 4096;  // of properties; real ones have 200
  for (const std::string_view line : Split(content.substr(0, kMostBytes), '\n')) {
    const std::string_view text = Trim(line);
    if (EqualsIgnoreCase(text.substr(0, kName.size()), kName)) {
      return Token(text.substr(kName.size()));
    }
    const bool begins = EqualsIgnoreCase(text.substr(0, kBegin.size()), kBegin);
    if (begins && !EqualsIgnoreCase(text.substr(kBegin.size()), "VCALENDAR")) break;
  }
  return {};
}

}  // namespace

bool IsCalendarType(std::string_view media_type) {
  return EqualsIgnoreCase(Trim(media_type.substr(0, media_type.find(';'))), "text/calendar");
}

std::string CalendarMethod(std::string_view content, std::string_view media_type) {
  std::string method = MethodProperty(content);
  if (!method.empty()) return method;
  constexpr std::string_view kName = "method=";
  const size_t at = Lower(media_type).find(kName);
  return at == std::string::npos ? "" : Token(media_type.substr(at + kName.size()));
}

}  // namespace egd::mime
