#include "shared/base/clock.h"

#include <catch2/catch.hpp>

namespace egd {
namespace {

TEST_CASE("instants are written in UTC, also before 1970 and at a leap day") {
  CHECK(FormatDateTime(0) == "1970-01-01 00:00:00");
  CHECK(FormatDateTime(1'709'251'199'999) == "2024-02-29 23:59:59");
  CHECK(FormatDateTime(-1) == "1969-12-31 23:59:59");
  CHECK(FormatRfc5322Date(0) == "Thu, 01 Jan 1970 00:00:00 +0000");
  CHECK(FormatRfc5322Date(1'709'251'199'999) == "Thu, 29 Feb 2024 23:59:59 +0000");
}

TEST_CASE("ParseDay takes Y-m-d and only days that exist") {
  CHECK(ParseDay("1970-01-01") == 0);
  CHECK(ParseDay("2024-02-29") == 1'709'164'800'000);
  CHECK(FormatDateTime(*ParseDay("9999-12-31")) == "9999-12-31 00:00:00");
  for (const auto* wrong :
       {"", "2024-2-29", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32",
        "1969-12-31", "2024/01/01", "2024-01-01 ", "+024-01-01", "20a4-01-01"}) {
    CAPTURE(wrong);
    CHECK(!ParseDay(wrong));
  }
}

TEST_CASE("a fake clock moves when it is told to") {
  FakeClock clock(1000);
  const auto start = clock.Steady();
  clock.Advance(std::chrono::seconds(2));
  CHECK(clock.Now() == 3000);
  CHECK(clock.Steady() - start == std::chrono::seconds(2));
}

TEST_CASE("the system's clock is in this century and does not go back") {
  const SystemClock clock;
  CHECK(clock.Now() > *ParseDay("2024-01-01"));
  const auto first = clock.Steady();
  CHECK(clock.Steady() >= first);
}

}  // namespace
}  // namespace egd
