// Passwords are kept as Argon2id (RFC 9106) in PHC strings, with the parameters OWASP's Password
// Storage Cheat Sheet recommends for servers: 19 MiB, 2 passes, 1 lane.
#pragma once

#include <semaphore>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace egd::auth {

// Hashes and checks passwords, few at once so that a flood of logins costs neither the memory nor
// all the processors. Owned by Daemon. Thread-safe; every call blocks for some 30 ms of computing,
// plus its turn.
class Passwords {
 public:
  static constexpr size_t kMinBytes = 8;
  static constexpr size_t kMaxBytes = 1024;

  // kUnavailable when too many wait already.
  Result<std::string> Hash(std::string_view password);

  // Whether `password` is the one behind `hash`. An empty `hash` (no such user, or one without a
  // password) is never matched and costs the same time, so the time does not tell who exists.
  // Errors as Hash.
  Result<bool> Matches(std::string_view password, const std::string& hash);

 private:
  std::counting_semaphore<> places_{10};  // who computes or waits: never all of the API's threads
  std::counting_semaphore<> turns_{2};    // who computes: 2 · 19 MiB at most
};

}  // namespace egd::auth
