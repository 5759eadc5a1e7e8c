#include "daemon/store/session_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::optional<Session> SessionStore::Find(const std::string& digest) {
  Query query(connection_,
              "SELECT s.digest, s.user_id, ifnull(s.key_id, 0), ifnull(k.bound_ip, ''), "
              "s.created_at, s.last_used_at "
              "FROM sessions s LEFT JOIN user_keys k ON k.id = s.key_id WHERE s.digest = ?");
  query.Bind(AsBlob{digest});
  if (!query.Step()) return std::nullopt;
  Session session;
  query.Read(session.digest, session.user_id, session.key_id, session.bound_ip, session.created_at,
             session.last_used_at);
  return session;
}

void SessionStore::Insert(const Session& session) {
  Query(connection_,
        "INSERT INTO sessions (digest, user_id, key_id, created_at, last_used_at) "
        "VALUES (?, ?, nullif(?, 0), ?, ?)")
      .Bind(AsBlob{session.digest}, session.user_id, session.key_id, session.created_at,
            session.last_used_at)
      .Run();
}

bool SessionStore::Touch(const std::string& digest, UnixMillis at) {
  return Query(connection_, "UPDATE sessions SET last_used_at = ? WHERE digest = ?")
             .Bind(at, AsBlob{digest})
             .Run() > 0;
}

bool SessionStore::Delete(const std::string& digest) {
  return Query(connection_, "DELETE FROM sessions WHERE digest = ?").Bind(AsBlob{digest}).Run() > 0;
}

int64_t SessionStore::DeleteByUser(int64_t user_id) {
  return Query(connection_, "DELETE FROM sessions WHERE user_id = ?").Bind(user_id).Run();
}

int64_t SessionStore::Purge(UnixMillis last_used_before, size_t most) {
  return Query(connection_,
               "DELETE FROM sessions WHERE digest IN "
               "(SELECT digest FROM sessions WHERE last_used_at < ? LIMIT ?)")
      .Bind(last_used_before, most)
      .Run();
}

}  // namespace egd::store
