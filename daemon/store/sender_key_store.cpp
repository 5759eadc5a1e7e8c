#include "daemon/store/sender_key_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, domain_id, digest, sealed, description, created_at, is_test FROM sender_keys ";

SenderKey ReadSenderKey(Query& query) {
  SenderKey key;
  query.Read(key.id, key.domain_id, key.digest, key.sealed, key.description, key.created_at,
             key.is_test);
  return key;
}

}  // namespace

std::optional<SenderGrant> SenderKeyStore::FindByDigest(const std::string& digest) {
  Query query(
      connection_,
      "SELECT k.id, d.id, k.is_test, d.name, d.status, u.id, u.enabled, u.verified, u.trusted, "
      "u.monthly_send_limit, u.send_rate_per_minute, u.permissions "
      "FROM sender_keys k JOIN domains d ON d.id = k.domain_id "
      "JOIN users u ON u.id = d.user_id WHERE k.digest = ? AND u.deleted = 0");
  query.Bind(AsBlob{digest});
  if (!query.Step()) return std::nullopt;
  SenderGrant grant;
  query.Read(grant.key_id, grant.domain_id, grant.is_test, grant.domain_name);
  grant.domain_status = core::ParseDomainStatus(query.Value<std::string>()).value();
  query.Read(grant.user_id, grant.user_enabled, grant.user_verified, grant.user_trusted,
             grant.monthly_send_limit, grant.send_rate_per_minute, grant.permissions);
  return grant;
}

std::optional<SenderKey> SenderKeyStore::Find(int64_t id) {
  Query query(connection_, std::string(kSelect).append("WHERE id = ?"));
  if (!query.Bind(id).Step()) return std::nullopt;
  return ReadSenderKey(query);
}

std::vector<SenderKey> SenderKeyStore::List(int64_t domain_id) {
  Query query(connection_, std::string(kSelect).append("WHERE domain_id = ? ORDER BY id"));
  query.Bind(domain_id);
  std::vector<SenderKey> keys;
  while (query.Step()) keys.push_back(ReadSenderKey(query));
  return keys;
}

void SenderKeyStore::Insert(SenderKey& key) {
  key.id = Query(connection_,
                 "INSERT INTO sender_keys (domain_id, digest, sealed, description, created_at, "
                 "is_test) VALUES (?, ?, ?, ?, ?, ?) RETURNING id")
               .Bind(key.domain_id, AsBlob{key.digest}, AsBlob{key.sealed}, key.description,
                     key.created_at, key.is_test)
               .Returned();
}

bool SenderKeyStore::Delete(int64_t domain_id, int64_t id) {
  return Query(connection_, "DELETE FROM sender_keys WHERE domain_id = ? AND id = ?")
             .Bind(domain_id, id)
             .Run() > 0;
}

int64_t SenderKeyStore::DeleteAll(int64_t domain_id) {
  return Query(connection_, "DELETE FROM sender_keys WHERE domain_id = ?").Bind(domain_id).Run();
}

void SenderKeyStore::ReplaceAll(SenderKey& key) {
  DeleteAll(key.domain_id);
  Insert(key);
}

}  // namespace egd::store
