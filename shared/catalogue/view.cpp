#include "shared/catalogue/view.h"

#include <algorithm>

#include "shared/base/strings.h"
#include "shared/catalogue/cli_option.h"

namespace egd::catalogue {
namespace {

struct Suffix {
  std::string_view text;
  Look look;
};
// The API's way to name units.
constexpr Suffix kUnits[] = {{"Seconds", Look::kSeconds}, {"_seconds", Look::kSeconds},
                             {"Sec", Look::kSeconds},     {"Ms", Look::kMillis},
                             {"_ms", Look::kMillis},      {"Bytes", Look::kBytes}};
constexpr std::string_view kVerdicts[] = {"Status",  "State", "Result",
                                          "Verdict", "Ready", "ComplaintLevel"};
constexpr std::string_view kInitials[] = {"api",   "csv", "dkim", "dns", "html", "id",  "ids", "ip",
                                          "mfrom", "mx",  "smtp", "spf", "tls",  "url", "utc"};

const Suffix* UnitOf(std::string_view key) {
  const auto* unit = std::ranges::find_if(
      kUnits, [&](const Suffix& suffix) { return key.ends_with(suffix.text); });
  return unit == std::end(kUnits) ? nullptr : unit;
}

// "CreatedAt", but not "LastReplyAt": that is another thing than LastReply.
std::string_view WithoutUnit(std::string_view key) {
  if (key.ends_with("edAt")) return key.substr(0, key.size() - 2);
  const Suffix* unit = UnitOf(key);
  if (unit && key.size() > unit->text.size()) key.remove_suffix(unit->text.size());
  return key;
}

std::string UpperAscii(std::string word) {
  for (char& c : word) c = c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  return word;
}

}  // namespace

Look LookOf(std::string_view key) {
  if (const Suffix* unit = UnitOf(key)) return unit->look;
  if (key == "Size") return Look::kBytes;
  if (key.ends_with("Rate") || key.ends_with("Rate7d")) return Look::kPercent;
  return std::ranges::count(kVerdicts, key) > 0 ? Look::kVerdict : Look::kText;
}

std::string TitleOf(std::string_view key) {
  std::string kebab = KebabCase(WithoutUnit(key));
  std::ranges::replace(kebab, '_', '-');
  std::string title;
  for (const std::string_view part : Split(kebab, '-')) {
    std::string word(part);
    if (word == "smtps" || word == "apis") {
      word = UpperAscii(word.substr(0, word.size() - 1)) + "s";
    } else if (std::ranges::count(kInitials, part) > 0) {
      word = UpperAscii(std::move(word));
    } else if (title.empty() && !word.empty()) {
      word = UpperAscii(word.substr(0, 1)) + word.substr(1);
    }
    title += (title.empty() ? "" : " ") + word;
  }
  return title;
}

}  // namespace egd::catalogue
