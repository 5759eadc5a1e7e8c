// Sessions of user.login, known by the digest of their secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct Session {
  std::string digest;  // SHA-256 of the session ID, raw bytes
  int64_t user_id = 0;
  int64_t key_id = 0;    // the user key that opened it; 0: a password did
  std::string bound_ip;  // that key's; read only
  UnixMillis created_at = 0;
  UnixMillis last_used_at = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SessionStore {
 public:
  explicit SessionStore(Connection& connection) : connection_(connection) {}

  std::optional<Session> Find(const std::string& digest);
  void Insert(const Session& session);
  bool Touch(const std::string& digest, UnixMillis at);  // false: it is gone
  bool Delete(const std::string& digest);
  int64_t DeleteByUser(int64_t user_id);                    // returns how many
  int64_t Purge(UnixMillis last_used_before, size_t most);  // returns how many

 private:
  Connection& connection_;
};

}  // namespace egd::store
