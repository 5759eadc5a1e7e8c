#include "daemon/auth/login_throttle.h"

#include <catch2/catch.hpp>

namespace egd::auth {
namespace {

std::string Address(int n) {
  return "10." + std::to_string(n >> 16 & 255) + "." + std::to_string(n >> 8 & 255) + "." +
         std::to_string(n & 255);
}

}  // namespace

TEST_CASE("a user name is locked after ten failures, whatever the address and case") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerUser; ++i)
    CHECK(throttle.Admit(i % 2 ? "Bob" : "bob", Address(i)));
  CHECK_FALSE(throttle.Admit("BOB", Address(99)));
  CHECK(throttle.Admit("alice", Address(99)));
}

TEST_CASE("a client is locked after fifty failures, whatever the names") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerClient; ++i)
    CHECK(throttle.Admit("u" + std::to_string(i), "10.0.0.1"));
  CHECK_FALSE(throttle.Admit("somebody", "10.0.0.1"));
  CHECK(throttle.Admit("somebody", "10.0.0.2"));
}

TEST_CASE(
    "a lock ends a quarter of an hour after the first failure, however many tries come meanwhile") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerUser; ++i) CHECK(throttle.Admit("bob", "10.0.0.1"));
  clock.Advance(LoginThrottle::kWindow - std::chrono::milliseconds(1));
  CHECK_FALSE(throttle.Admit("bob", "10.0.0.1"));
  clock.Advance(std::chrono::milliseconds(1));
  CHECK(throttle.Admit("bob", "10.0.0.1"));
}

TEST_CASE("right passwords are not counted") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(throttle.Admit("bob", "10.0.0.1"));
    throttle.Forgive("bob", "10.0.0.1");
  }
}

TEST_CASE("logging in to one's own account does not buy guesses at another") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerUser; ++i) {
    CHECK(throttle.Admit("victim", "10.0.0.1"));
    CHECK(throttle.Admit("own", "10.0.0.1"));
    throttle.Forgive("own", "10.0.0.1");
  }
  CHECK_FALSE(throttle.Admit("victim", "10.0.0.1"));
}

TEST_CASE("memory is bounded however many names and addresses try") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < int(LoginThrottle::kMaxEntries); ++i) {
    throttle.Admit("user" + std::to_string(i), Address(i));
    clock.Advance(std::chrono::milliseconds(1));
  }
  CHECK(throttle.size() <= LoginThrottle::kMaxEntries);
  clock.Advance(LoginThrottle::kWindow);
  throttle.Admit("bob", "10.0.0.1");
  CHECK(throttle.size() == 2);
}

}  // namespace egd::auth
