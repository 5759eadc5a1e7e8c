// Slows the guessing of passwords: so many failed logins per user name and per client in a quarter
// of an hour.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/clock.h"
#include "shared/base/guarded.h"

namespace egd::auth {

// Counts each attempt before the password is checked and forgives it when it was right, so parallel
// guesses count too. Windows are fixed: a count starts with the first attempt and ends kWindow
// later. A user name locked out by somebody else's guessing is free again by then. Memory is
// bounded: over kMaxEntries the count that started first is forgotten. Owned by Daemon.
// Thread-safe.
class LoginThrottle {
 public:
  static constexpr int kPerUser = 10;
  static constexpr int kPerClient = 50;  // more: an office behind one address
  static constexpr std::chrono::minutes kWindow{15};
  static constexpr size_t kMaxEntries = 20'000;  // some 4 MB

  explicit LoginThrottle(const Clock& clock) : clock_(clock) {}

  // Counts an attempt to log in as `user` (any case) from `client_address`; false: refuse it
  // unchecked.
  bool Admit(std::string_view user, std::string_view client_address);
  // The attempt was right: the user's count starts anew and the client's attempt is forgiven.
  void Forgive(std::string_view user, std::string_view client_address);

  size_t size() const;

 private:
  struct Count {
    std::string key;
    int attempts = 0;
    std::chrono::steady_clock::time_point since;
  };
  struct State {
    std::list<Count> oldest_first;
    std::unordered_map<std::string, std::list<Count>::iterator> by_key;
  };

  static Count& Find(State& state, const std::string& key,
                     std::chrono::steady_clock::time_point now);

  const Clock& clock_;
  Guarded<State> state_;
};

}  // namespace egd::auth
