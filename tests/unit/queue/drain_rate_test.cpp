#include "daemon/queue/drain_rate.h"

#include <catch2/catch.hpp>

namespace egd::queue {

using std::chrono::milliseconds;

TEST_CASE("a drain rate is hopeful until something was measured") {
  const DrainRate::Instant start{};
  DrainRate rate(start);
  CHECK(rate.PerMilli(start) == Approx(2));
  rate.Count(10, start + milliseconds(1999));
  CHECK(rate.PerMilli(start + milliseconds(1999)) == Approx(2));
}

TEST_CASE("a drain rate is twice what the last whole window had") {
  const DrainRate::Instant start{};
  DrainRate rate(start);
  rate.Count(100, start + milliseconds(500));
  CHECK(rate.PerMilli(start + milliseconds(2000)) == Approx(2 * 100 / 2000.0));
  rate.Count(400, start + milliseconds(2500));
  CHECK(rate.PerMilli(start + milliseconds(3000)) == Approx(2 * 100 / 2000.0));
  CHECK(rate.PerMilli(start + milliseconds(4000)) == Approx(2 * 400 / 2000.0));
}

TEST_CASE("a lane that gets nothing done is asked again every now and then") {
  const DrainRate::Instant start{};
  DrainRate rate(start);
  CHECK(rate.PerMilli(start + milliseconds(10'000)) == Approx(1 / 10'000.0));
}

}  // namespace egd::queue
