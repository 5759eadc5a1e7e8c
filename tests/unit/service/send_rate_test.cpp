#include "daemon/service/sending/send_rate.h"

#include <catch2/catch.hpp>

namespace egd::service {

using std::chrono::seconds;

TEST_CASE("a minute's worth may go at once, then as it refills") {
  FakeClock clock;
  SendRate rate(clock);
  CHECK_FALSE(rate.Take(1, 60, 59));
  CHECK_FALSE(rate.Take(1, 60, 1));
  CHECK(rate.Take(1, 60, 1) == seconds(1));
  CHECK(rate.Take(1, 60, 30) == seconds(30));
  clock.Advance(seconds(1));
  CHECK_FALSE(rate.Take(1, 60, 1));
  CHECK(rate.Take(1, 60, 1) == seconds(1));
  clock.Advance(seconds(3600));
  CHECK_FALSE(rate.Take(1, 60, 60));
  CHECK(rate.Take(1, 60, 1));
}

TEST_CASE("users do not share a rate, and without one there is none") {
  FakeClock clock;
  SendRate rate(clock);
  CHECK_FALSE(rate.Take(1, 1, 1));
  CHECK(rate.Take(1, 1, 1) == seconds(60));
  CHECK_FALSE(rate.Take(2, 1, 1));
  CHECK_FALSE(rate.Take(3, 0, 1'000'000));
}

TEST_CASE("a message larger than the bucket passes when it is full and is paid off") {
  FakeClock clock;
  SendRate rate(clock);
  CHECK_FALSE(rate.Take(1, 60, 180));
  CHECK(rate.Take(1, 60, 1) == seconds(121));
  CHECK(rate.Take(1, 60, 180) == seconds(180));
  clock.Advance(seconds(180));
  CHECK_FALSE(rate.Take(1, 60, 180));
}

TEST_CASE("a lowered limit holds at once") {
  FakeClock clock;
  SendRate rate(clock);
  CHECK_FALSE(rate.Take(1, 6000, 1));
  CHECK_FALSE(rate.Take(1, 2, 2));
  CHECK(rate.Take(1, 2, 1) == seconds(30));
}

TEST_CASE("many users do not make an empty bucket forgotten") {
  FakeClock clock;
  SendRate rate(clock);
  CHECK_FALSE(rate.Take(1, 1, 1));
  for (int64_t user = 2; user < 5000; ++user) CHECK_FALSE(rate.Take(user, 600, 1));
  CHECK(rate.Take(1, 1, 1));
  clock.Advance(seconds(59));
  CHECK_FALSE(rate.Take(6000, 600, 1));
  CHECK(rate.Take(1, 1, 1) == seconds(1));
}

}  // namespace egd::service
