#include "daemon/auth/rate_limit.h"

#include <catch2/catch.hpp>

namespace egd::auth {

using namespace std::chrono_literals;

TEST_CASE("a key has its requests a window, and all of them again when it ends") {
  FakeClock clock;
  RateLimit limit(clock, 3, 60s);
  CHECK(limit.Take("a").remaining == 2);
  clock.Advance(20s);
  CHECK(limit.Take("a").remaining == 1);
  CHECK(limit.Take("a").remaining == 0);
  const auto refused = limit.Take("a");
  CHECK_FALSE(refused.allowed);
  CHECK(refused.limit == 3);
  CHECK(refused.reset_seconds == 40);
  clock.Advance(39'001ms);
  CHECK(limit.Take("a").reset_seconds == 1);
  clock.Advance(999ms);
  const auto again = limit.Take("a");
  CHECK(again.allowed);
  CHECK(again.remaining == 2);
  CHECK(again.reset_seconds == 60);
}

TEST_CASE("keys do not share a window") {
  FakeClock clock;
  RateLimit limit(clock, 1);
  CHECK(limit.Take("a").allowed);
  CHECK_FALSE(limit.Take("a").allowed);
  CHECK(limit.Take("b").allowed);
}

TEST_CASE("a limit of 0 is none, and a changed limit counts at once") {
  FakeClock clock;
  RateLimit limit(clock, 0);
  for (int i = 0; i < 1000; ++i) REQUIRE(limit.Take("a").allowed);
  CHECK(limit.Take("a").limit == 0);
  limit.SetLimit(1);
  CHECK(limit.Take("a").allowed);
  CHECK_FALSE(limit.Take("a").allowed);
  limit.SetLimit(2);
  CHECK(limit.Take("a").allowed);
}

TEST_CASE("over the bound on keys the oldest window is forgotten") {
  FakeClock clock;
  RateLimit limit(clock, 1, 60s, 2);
  CHECK(limit.Take("a").allowed);
  CHECK(limit.Take("b").allowed);
  CHECK(limit.Take("c").allowed);
  CHECK_FALSE(limit.Take("c").allowed);
  CHECK(limit.Take("a").allowed);
}

}  // namespace egd::auth
