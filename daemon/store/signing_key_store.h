// The keys that sign a domain's webhooks: the one it has (core/domain.h) and those before it that
// still sign, so that receivers can change over. Sealed; this room cannot open them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class SigningKeyStore {
 public:
  static constexpr size_t kMostRetired = 4;  // each lengthens the header of every delivery

  explicit SigningKeyStore(Connection& connection) : connection_(connection) {}

  // Sealed, newest first: the domain's own, then the retired that sign at `now`. Empty: no such
  // domain.
  std::vector<std::string> ListInForce(int64_t domain_id, UnixMillis now);
  // Makes `sealed` the domain's key. The one it had signs until `signs_until`, older ones as long
  // as they were to, at most kMostRetired; `signs_until` not after `now`: all older keys stop.
  // False: no such domain.
  bool Replace(int64_t domain_id, const std::string& sealed, UnixMillis now,
               UnixMillis signs_until);

 private:
  void Retire(int64_t domain_id, UnixMillis now, UnixMillis signs_until);

  Connection& connection_;
};

}  // namespace egd::store
