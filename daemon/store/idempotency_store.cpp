#include "daemon/store/idempotency_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::optional<IdempotentReply> IdempotencyStore::Find(int64_t domain_id, const std::string& key,
                                                      UnixMillis not_before) {
  Query query(connection_,
              "SELECT body_digest, reply, created_at FROM idempotency_keys "
              "WHERE domain_id = ? AND key = ? AND created_at >= ?");
  query.Bind(domain_id, key, not_before);
  if (!query.Step()) return std::nullopt;
  IdempotentReply reply;
  query.Read(reply.body_digest, reply.reply, reply.created_at);
  return reply;
}

std::optional<IdempotentReply> IdempotencyStore::FindOrInsert(int64_t domain_id,
                                                              const std::string& key,
                                                              const IdempotentReply& fresh,
                                                              UnixMillis not_before) {
  if (auto known = Find(domain_id, key, not_before)) return known;
  Query(connection_,
        "INSERT INTO idempotency_keys (domain_id, key, body_digest, reply, created_at) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (domain_id, key) DO UPDATE SET "
        "body_digest = excluded.body_digest, reply = excluded.reply, "
        "created_at = excluded.created_at")
      .Bind(domain_id, key, AsBlob{fresh.body_digest}, fresh.reply, fresh.created_at)
      .Run();
  return std::nullopt;
}

int64_t IdempotencyStore::Purge(UnixMillis created_before, size_t most) {
  return Query(connection_,
               "DELETE FROM idempotency_keys WHERE (domain_id, key) IN "
               "(SELECT domain_id, key FROM idempotency_keys WHERE created_at < ? "
               "ORDER BY created_at LIMIT ?)")
      .Bind(created_before, most)
      .Run();
}

}  // namespace egd::store
