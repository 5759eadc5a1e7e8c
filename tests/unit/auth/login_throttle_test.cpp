#include "daemon/auth/login_throttle.h"

#include <catch2/catch.hpp>

namespace egd::auth {
namespace {

using std::chrono::milliseconds;

std::string Address(int n) {
  return "10." + std::to_string(n >> 16 & 255) + "." + std::to_string(n >> 8 & 255) + "." +
         std::to_string(n & 255);
}

bool Admits(LoginThrottle& throttle, std::string_view user, std::string_view client) {
  return !throttle.Refuse(user, client);
}

}  // namespace

TEST_CASE("a client is refused a user after ten failures, whatever the case; others are not") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerPair; ++i) {
    CHECK(Admits(throttle, i % 2 ? "Bob" : "bob", "10.0.0.1"));
  }
  CHECK(throttle.Refuse("BOB", "10.0.0.1") == LoginThrottle::kWindow);
  CHECK(Admits(throttle, "bob", "10.0.0.2"));
  CHECK(Admits(throttle, "alice", "10.0.0.1"));
}

TEST_CASE("a client is refused after fifty failures, whatever the names") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerClient; ++i) {
    CHECK(Admits(throttle, "u" + std::to_string(i), "10.0.0.1"));
  }
  CHECK_FALSE(Admits(throttle, "somebody", "10.0.0.1"));
  CHECK(Admits(throttle, "somebody", "10.0.0.2"));
}

TEST_CASE("all that come from this machine are not one client") {
  for (const char* local : {"unix", "127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(local);
    FakeClock clock;
    LoginThrottle throttle(clock);
    for (int i = 0; i < 10 * LoginThrottle::kPerClient; ++i) {
      REQUIRE(Admits(throttle, "u" + std::to_string(i), local));
    }
    CHECK(Admits(throttle, "somebody", local));
  }
}

TEST_CASE("a user attacked from this machine is slowed down, not locked out") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerPair; ++i) CHECK(Admits(throttle, "bob", "127.0.0.1"));
  CHECK(throttle.Refuse("bob", "127.0.0.1") == LoginThrottle::kPace);
  clock.Advance(LoginThrottle::kPace - milliseconds(1));
  CHECK_FALSE(Admits(throttle, "bob", "127.0.0.1"));
  clock.Advance(milliseconds(1));
  CHECK(Admits(throttle, "bob", "127.0.0.1"));
  CHECK_FALSE(Admits(throttle, "bob", "127.0.0.1"));
}

TEST_CASE("many clients guess a user's password no faster than one each few seconds") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  CHECK(Admits(throttle, "bob", "192.0.2.1"));
  throttle.Forgive("bob", "192.0.2.1");
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) admitted += int(Admits(throttle, "bob", Address(256 * i)));
  CHECK(admitted == LoginThrottle::kPerUser);
  clock.Advance(LoginThrottle::kPace);
  CHECK(Admits(throttle, "bob", "198.51.100.1"));
  CHECK_FALSE(Admits(throttle, "bob", "198.51.100.2"));
  CHECK(Admits(throttle, "bob", "192.0.2.1"));  // where bob has logged in from
}

TEST_CASE("a refusal ends a quarter of an hour after the first failure, however many tries come") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerPair; ++i) CHECK(Admits(throttle, "bob", "10.0.0.1"));
  clock.Advance(LoginThrottle::kWindow - milliseconds(1));
  CHECK(throttle.Refuse("bob", "10.0.0.1") == std::chrono::seconds(1));
  clock.Advance(milliseconds(1));
  CHECK(Admits(throttle, "bob", "10.0.0.1"));
}

TEST_CASE("right passwords are not counted") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (const char* client : {"10.0.0.1", "unix"}) {
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(Admits(throttle, "bob", client));
      throttle.Forgive("bob", client);
    }
  }
}

TEST_CASE("what could not be checked is not counted, and forgives nothing") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (const char* client : {"10.0.0.1", "unix"}) {
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(Admits(throttle, "bob", client));
      throttle.TakeBack("bob", client);
    }
    for (int i = 0; i < LoginThrottle::kPerPair; ++i) {
      CHECK(Admits(throttle, "bob", client));
      throttle.TakeBack("bob", client);
      CHECK(Admits(throttle, "bob", client));
    }
    CHECK_FALSE(Admits(throttle, "bob", client));
  }
}

TEST_CASE("logging in to one's own account does not buy guesses at another") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < LoginThrottle::kPerPair; ++i) {
    CHECK(Admits(throttle, "victim", "10.0.0.1"));
    CHECK(Admits(throttle, "own", "10.0.0.1"));
    throttle.Forgive("own", "10.0.0.1");
  }
  CHECK_FALSE(Admits(throttle, "victim", "10.0.0.1"));
}

TEST_CASE("memory is bounded however many names and addresses try") {
  FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < int(LoginThrottle::kMaxEntries); ++i) {
    throttle.Refuse("user" + std::to_string(i), Address(i));
    throttle.Forgive("user" + std::to_string(i), Address(i));
    clock.Advance(milliseconds(1));
  }
  CHECK(throttle.size() <= LoginThrottle::kMaxEntries);
  clock.Advance(LoginThrottle::kWindow);
  throttle.Refuse("bob", "10.0.0.1");
  CHECK(throttle.size() == 3);  // of the pair, the client and the user
}

}  // namespace egd::auth
