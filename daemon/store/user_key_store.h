// User API keys: the secret is shown once at creation and kept as a digest only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct UserKey {
  int64_t id = 0;
  int64_t user_id = 0;
  std::string digest;  // SHA-256 of the key, raw bytes
  std::string note;
  std::string bound_ip;  // the only address it works from; empty: any
  UnixMillis created_at = 0;
  UnixMillis last_used_at = 0;  // 0: never
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class UserKeyStore {
 public:
  explicit UserKeyStore(Connection& connection) : connection_(connection) {}

  bool Exists(int64_t id);
  std::optional<UserKey> FindByDigest(const std::string& digest);
  void Insert(UserKey& key);  // gives key.id
  bool Touch(int64_t id, UnixMillis at);
  std::vector<UserKey> List(int64_t user_id);  // by id
  bool Delete(int64_t user_id, int64_t id);    // false: absent or another user's

 private:
  Connection& connection_;
};

}  // namespace egd::store
