#include "daemon/auth/passwords.h"

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace egd::auth {

TEST_CASE("a password matches its own hash only") {
  Passwords passwords;
  const Result<std::string> hash = passwords.Hash("correct horse");
  REQUIRE(hash);
  CHECK(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  CHECK(hash->find('\0') == std::string::npos);
  CHECK(*passwords.Matches("correct horse", *hash));
  CHECK_FALSE(*passwords.Matches("correct horsf", *hash));
  CHECK_FALSE(*passwords.Matches("", *hash));
  CHECK(*passwords.Hash("correct horse") != *hash);  // salted
}

TEST_CASE("nobody's password never matches, and is computed all the same") {
  Passwords passwords;
  const Result<bool> matches = passwords.Matches("anything", "");
  REQUIRE(matches);  // a hash that could not be computed would be an error
  CHECK_FALSE(*matches);
}

TEST_CASE("a hash that is no Argon2id string is an internal error") {
  Passwords passwords;
  const Result<bool> matches = passwords.Matches("anything", "$2b$12$something");
  REQUIRE_FALSE(matches);
  CHECK(matches.error().kind == ErrorKind::kInternal);
}

TEST_CASE("a flood of logins is computed or refused at once, and leaves no place taken") {
  Passwords passwords;
  std::atomic<int> answered{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&] {
      const Result<bool> matches = passwords.Matches("anything", "");
      if (matches) {
        ++answered;
      } else if (matches.error().kind == ErrorKind::kUnavailable) {
        ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered + refused == 40);
  CHECK(answered >= 10);
  CHECK(passwords.Matches("anything", ""));
}

}  // namespace egd::auth
