#include "shared/base/clock.h"

#include <charconv>
#include <cstdio>

namespace egd {
namespace {

struct Civil {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
  unsigned weekday;
};

Civil ToCivil(UnixMillis at) {
  const std::chrono::sys_time<std::chrono::milliseconds> instant{std::chrono::milliseconds(at)};
  const auto second = std::chrono::floor<std::chrono::seconds>(instant);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(second - day),
          std::chrono::weekday(day).c_encoding()};
}

}  // namespace

UnixMillis SystemClock::Now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

std::chrono::steady_clock::time_point SystemClock::Steady() const {
  return std::chrono::steady_clock::now();
}

std::string FormatDateTime(UnixMillis at) {
  const Civil c = ToCivil(at);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", int(c.date.year()),
                unsigned(c.date.month()), unsigned(c.date.day()), int(c.time.hours().count()),
                int(c.time.minutes().count()), int(c.time.seconds().count()));
  return text;
}

std::string FormatRfc5322Date(UnixMillis at) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = ToCivil(at);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000", kDays[c.weekday],
                unsigned(c.date.day()), kMonths[unsigned(c.date.month()) - 1], int(c.date.year()),
                int(c.time.hours().count()), int(c.time.minutes().count()),
                int(c.time.seconds().count()));
  return text;
}

std::optional<UnixMillis> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](size_t from, size_t count) {
    int value = 0;
    for (const char c : text.substr(from, count)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 1970 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(unsigned(month)),
                                         std::chrono::day(unsigned(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDayMillis;
}

}  // namespace egd
