#include "daemon/store/user_key_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

UserKey ReadKey(Query& query) {
  UserKey key;
  query.Read(key.id, key.user_id, key.digest, key.note, key.bound_ip, key.created_at,
             key.last_used_at);
  return key;
}

}  // namespace

bool UserKeyStore::Exists(int64_t id) {
  return Query(connection_, "SELECT 1 FROM user_keys WHERE id = ?").Bind(id).Step();
}

std::optional<UserKey> UserKeyStore::FindByDigest(const std::string& digest) {
  Query query(connection_,
              "SELECT id, user_id, digest, note, bound_ip, created_at, last_used_at "
              "FROM user_keys WHERE digest = ?");
  query.Bind(AsBlob{digest});
  if (!query.Step()) return std::nullopt;
  return ReadKey(query);
}

void UserKeyStore::Insert(UserKey& key) {
  key.id =
      Query(connection_,
            "INSERT INTO user_keys (user_id, digest, note, bound_ip, created_at, last_used_at) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id")
          .Bind(key.user_id, AsBlob{key.digest}, key.note, key.bound_ip, key.created_at,
                key.last_used_at)
          .Returned();
}

bool UserKeyStore::Touch(int64_t id, UnixMillis at) {
  return Query(connection_, "UPDATE user_keys SET last_used_at = ? WHERE id = ?")
             .Bind(at, id)
             .Run() > 0;
}

std::vector<UserKey> UserKeyStore::List(int64_t user_id) {
  Query query(connection_,
              "SELECT id, user_id, digest, note, bound_ip, created_at, last_used_at "
              "FROM user_keys WHERE user_id = ? ORDER BY id");
  query.Bind(user_id);
  std::vector<UserKey> keys;
  while (query.Step()) keys.push_back(ReadKey(query));
  return keys;
}

bool UserKeyStore::Delete(int64_t user_id, int64_t id) {
  return Query(connection_, "DELETE FROM user_keys WHERE user_id = ? AND id = ?")
             .Bind(user_id, id)
             .Run() > 0;
}

}  // namespace egd::store
