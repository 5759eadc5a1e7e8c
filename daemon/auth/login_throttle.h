// Slows the guessing of passwords, without letting a guesser lock others out.
//
// Three counts, each over a quarter of an hour from its first attempt:
//  - of a user from one client: over kPerPair that client is refused this user, until the count
//    ends; another client is not;
//  - of a client, whichever users it tries: over kPerClient it is refused. Not for the Unix socket
//    and loopback: all the clients of a proxy that http.trusted_proxies doesn't name come from
//    there. For the same reason such a pair over kPerPair is slowed to an attempt each kPace, which
//    the user may win, and not refused;
//  - of a user from all clients it has never logged in from: over kPerUser they are slowed
//    together, so that many clients guess no faster than that. One that did log in is not.
// A right login is no attempt: it takes back what it counted. So does one that could not be checked.
#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/clock.h"
#include "shared/base/guarded.h"

namespace egd::auth {

// Counts an attempt before the password is checked and forgives it when it was right, so parallel
// guesses count too. Memory is bounded: over kMaxEntries the count that started first is forgotten,
// and so with the clients that logged in. Owned by Daemon. Thread-safe.
class LoginThrottle {
 public:
  static constexpr int kPerPair = 10;
  static constexpr int kPerClient = 50;  // more: an office behind one address
  static constexpr int kPerUser = 100;
  static constexpr std::chrono::seconds kPace{5};  // 17,000 guesses a day: nothing against 8 bytes
  static constexpr std::chrono::minutes kWindow{15};
  static constexpr size_t kMaxEntries = 20'000;  // some 4 MB, and 2 MB for the clients

  explicit LoginThrottle(const Clock& clock) : clock_(clock) {}

  // Counts an attempt to log in as `user` (any case) from `client_address`. Nothing: check it;
  // else refuse it unchecked, and after so long it may be tried again.
  std::optional<std::chrono::seconds> Refuse(std::string_view user,
                                             std::string_view client_address);
  // The attempt was right.
  void Forgive(std::string_view user, std::string_view client_address);
  // The attempt could not be checked, and does not count.
  void TakeBack(std::string_view user, std::string_view client_address);

  size_t size() const;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Count {
    std::string key;
    int attempts = 0;
    TimePoint since;
    TimePoint slot;  // when the next attempt over the limit is let through
  };
  struct State {
    std::list<Count> oldest_first;
    std::unordered_map<std::string, std::list<Count>::iterator> by_key;
    std::list<std::string> known_oldest_first;  // user and client of right logins
    std::unordered_map<std::string, std::list<std::string>::iterator> known;
  };

  static Count& Find(State& state, const std::string& key, TimePoint now);
  static void Remember(State& state, const std::string& pair);
  static void TakeBackShared(State& state, std::string_view user, std::string_view client_address,
                             TimePoint now);

  const Clock& clock_;
  Guarded<State> state_;
};

}  // namespace egd::auth
