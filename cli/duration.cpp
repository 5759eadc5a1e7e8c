#include "cli/duration.h"

#include "shared/base/strings.h"

namespace egd::cli {

using std::chrono::seconds;

std::optional<seconds> ParseDuration(std::string_view text) {
  constexpr int64_t kDay = 24 * 3600;
  int64_t unit = 1;
  if (text.ends_with('m')) unit = 60;
  if (text.ends_with('h')) unit = 3600;
  if (!text.empty() && std::string_view("smh").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  const auto number = ParseInteger(text);
  if (!number || *number < 1 || *number > kDay / unit) return std::nullopt;
  return seconds(*number * unit);
}

std::string FormatDuration(seconds duration) {
  const int64_t all = duration.count();
  std::string text = all < 60 ? "" : std::to_string(all / 60) + "m ";
  if (all >= 3600) text = std::to_string(all / 3600) + "h " + std::to_string(all / 60 % 60) + "m ";
  return text + std::to_string(all % 60) + "s";
}

Result<seconds> DurationOf(const Words& words, const std::string& option, seconds otherwise) {
  const auto text = words.One(option);
  if (!text) return otherwise;
  if (const auto duration = ParseDuration(*text)) return *duration;
  return InvalidArgument(option + " must be a time like 90s, 15m or 1h, at most a day");
}

}  // namespace egd::cli
