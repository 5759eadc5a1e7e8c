#include "cli/view/value.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/output.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Look;
using Json = nlohmann::ordered_json;

constexpr size_t kMinuteText = 16, kSecondText = 19;  // of "2026-11-26 09:12:30"
constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;

// The words of verdicts, in lower case.
constexpr std::string_view kGoodWords[] = {"pass",   "enabled",   "delivered", "delivery",
                                           "active", "succeeded", "ready",     "sending",
                                           "ok",     "yes",       "done",      "subscribed"};
constexpr std::string_view kBadWords[] = {
    "fail",     "failed",    "failing",  "bounce",  "bounced", "complaint", "rejected",  "down",
    "disabled", "suspended", "critical", "dropped", "expired", "no",        "suppressed"};
constexpr std::string_view kWarningWords[] = {
    "temperror", "deferred", "slow",      "paused",  "retrying",
    "pending",   "retiring", "unchecked", "warning", "approval pending"};

template <size_t kSize>
bool Holds(const std::string_view (&words)[kSize], std::string_view word) {
  return std::ranges::count(words, word) > 0;
}

std::string Formatted(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string Count(int64_t count, const char* unit) {
  return std::to_string(count) + unit;
}

std::string DaysWord(int64_t days) {
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

Cell TimeCell(const Page& page, UnixMillis at, bool compact) {
  const std::string text = FormatDateTime(at).substr(0, kMinuteText);
  return {.text = compact ? text : text + " (" + AgeWords(at, page.now) + ")", .is_whole = true};
}

std::string ScalarText(const Json& value) {
  if (value.is_string()) return Printable(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return Printable(RenderJson(value, -1));
}

std::string ListText(const Json& list) {
  std::vector<std::string> parts;
  for (const Json& element : list) parts.push_back(ScalarText(element));
  return Join(parts, ", ");
}

Cell NumberCell(Look look, const Json& value) {
  const auto number = value.get<double>();
  switch (look) {
    case Look::kSeconds:
      return {.text = SecondsWords(number), .is_number = true};
    case Look::kMillis:
      return {.text = number < 1000 ? Formatted("%.0f ms", number) : SecondsWords(number / 1000),
              .is_number = true};
    case Look::kBytes:
      return {.text = BytesWords(number), .is_number = true};
    case Look::kPercent:
      return {.text = RenderJson(value, -1) + " %", .is_number = true};
    case Look::kPerSecond:
      return {.text = Formatted("%.1f/s", number), .is_number = true};
    case Look::kSwitch:
      return {.text = number != 0 ? "on" : "off", .is_whole = true};
    case Look::kText:
    case Look::kVerdict:
    case Look::kByName:
      break;
  }
  return {.text = RenderJson(value, -1), .is_number = true};
}

Cell VerdictCell(const Page& page, const std::string& word) {
  const Tone tone = ToneOf(word);
  return {
      .text = Verdict(page, word), .tone = tone, .is_whole = tone != Tone::kPlain, .is_key = false};
}

}  // namespace

Cell CellOf(const Page& page, Look look, std::string_view key, const Json& value, bool compact) {
  if (IsEmpty(value)) return {};
  if (const auto at = TimeOf(key, value)) return TimeCell(page, *at, compact);
  if (value.is_number()) return NumberCell(look, value);
  if (value.is_boolean() && look == Look::kSwitch) {
    return {.text = value.get<bool>() ? "on" : "off", .is_whole = true};
  }
  const bool is_list = value.is_array() && !IsListOfObjects(value);
  const std::string text = is_list ? ListText(value) : ScalarText(value);
  if (look == Look::kVerdict) return VerdictCell(page, text);
  return {.text = text, .is_key = text.find(' ') == text.npos};
}

const Json& At(const Json& value, std::string_view path) {
  static const Json nothing;
  const Json* at = &value;
  for (const std::string_view key :
       path.empty() ? std::vector<std::string_view>() : Split(path, '.')) {
    if (!at->is_object()) return nothing;
    const auto member = at->find(std::string(key));
    if (member == at->end()) return nothing;
    at = &*member;
  }
  return *at;
}

bool IsEmpty(const Json& value) {
  if (value.is_string()) return Trim(value.get_ref<const std::string&>()).empty();
  return value.is_null() || (value.is_structured() && value.empty());
}

bool IsListOfObjects(const Json& value) {
  return value.is_array() && !value.empty() && value[0].is_object();
}

Tone ToneOf(std::string_view word) {
  const std::string lower = Lower(word);
  if (Holds(kGoodWords, lower)) return Tone::kGood;
  if (Holds(kBadWords, lower)) return Tone::kBad;
  return Holds(kWarningWords, lower) ? Tone::kWarning : Tone::kPlain;
}

std::string Verdict(const Page& page, std::string_view word) {
  const std::string_view mark = page.Mark(ToneOf(word));
  return std::string(mark) + (mark.empty() ? "" : " ") + std::string(word);
}

std::optional<UnixMillis> TimeOf(std::string_view key, const Json& value) {
  if (value.is_number_integer()) {
    const bool names_time = key.ends_with("At") || key == "timestamp";
    const auto seconds = value.get<int64_t>();
    const bool is_time = names_time && seconds > 0 && seconds < 253'402'300'800;  // the year 10000
    return is_time ? std::optional(seconds * 1000) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_ref<const std::string&>();
  if (text.size() != kSecondText || text[10] != ' ' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto day = ParseDay(text.substr(0, 10));
  const auto hour = ParseInteger(text.substr(11, 2)), minute = ParseInteger(text.substr(14, 2)),
             second = ParseInteger(text.substr(17, 2));
  if (!day || !hour || !minute || !second) return std::nullopt;
  return *day + (*hour * kHour + *minute * kMinute + *second) * 1000;
}

std::string AgeWords(UnixMillis at, UnixMillis now) {
  const int64_t seconds = std::abs(now - at) / 1000;
  const bool past = at <= now;
  if (seconds < 10) return past ? "just now" : "now";
  const std::string words = seconds < kMinute      ? Count(seconds, " s")
                            : seconds < kHour      ? Count(seconds / kMinute, " min")
                            : seconds < 2 * kDay   ? Count(seconds / kHour, " h")
                            : seconds < 60 * kDay  ? DaysWord(seconds / kDay)
                            : seconds < 730 * kDay ? Count(seconds / (30 * kDay), " months")
                                                   : Count(seconds / (365 * kDay), " years");
  return past ? words + " ago" : "in " + words;
}

std::string SecondsWords(double seconds) {
  if (seconds < 10 && seconds != std::floor(seconds)) return Formatted("%.1f s", seconds);
  if (seconds < kMinute || seconds > 1e12) return Formatted("%.0f s", seconds);
  const auto whole = int64_t(seconds);
  const auto with = [](std::string words, int64_t rest, const char* unit) {
    return rest == 0 ? words : words + " " + Count(rest, unit);
  };
  if (whole < kHour) return with(Count(whole / kMinute, " min"), whole % kMinute, " s");
  if (whole < kDay) return with(Count(whole / kHour, " h"), whole % kHour / kMinute, " min");
  return with(DaysWord(whole / kDay), whole % kDay / kHour, " h");
}

std::string BytesWords(double bytes) {
  if (bytes < 1000) return Formatted("%.0f bytes", bytes);
  for (const char* format : {"%.1f kB", "%.1f MB", "%.1f GB"}) {
    bytes /= 1000;
    if (bytes < 999.95) return Formatted(format, bytes);
  }
  return Formatted("%.1f TB", bytes / 1000);
}

std::string Bar(const Page& page, double share, size_t width) {
  share = std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0);
  const auto filled = size_t(std::lround(share * double(width)));
  std::string bar;
  for (size_t i = 0; i < std::max<size_t>(filled, share > 0 ? 1 : 0) && i < width; ++i) {
    bar += page.unicode ? "█" : "#";
  }
  return bar;
}

}  // namespace egd::cli
