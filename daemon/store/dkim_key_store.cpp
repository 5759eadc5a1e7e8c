#include "daemon/store/dkim_key_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::vector<core::DkimKey> DkimKeyStore::List(int64_t domain_id) {
  Query query(connection_,
              "SELECT selector, private_key, public_key, since, due_at, algorithm, state "
              "FROM dkim_keys WHERE domain_id = ? ORDER BY position");
  query.Bind(domain_id);
  std::vector<core::DkimKey> keys;
  while (query.Step()) {
    core::DkimKey& key = keys.emplace_back();
    query.Read(key.selector, key.private_key, key.public_key, key.since, key.due_at);
    key.algorithm = core::ParseDkimAlgorithm(query.Value<std::string>()).value();
    key.state = core::ParseDkimKeyState(query.Value<std::string>()).value();
  }
  return keys;
}

void DkimKeyStore::Replace(int64_t domain_id, const std::vector<core::DkimKey>& keys) {
  Query(connection_, "DELETE FROM dkim_keys WHERE domain_id = ?").Bind(domain_id).Run();
  int position = 0;
  for (const core::DkimKey& key : keys) {
    Query(connection_,
          "INSERT INTO dkim_keys (domain_id, position, selector, algorithm, state, private_key, "
          "public_key, since, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .Bind(domain_id, position++, key.selector, core::Name(key.algorithm), core::Name(key.state),
              AsBlob{key.private_key}, key.public_key, key.since, key.due_at)
        .Run();
  }
}

std::vector<int64_t> DkimKeyStore::ListDomainsDue(UnixMillis now, size_t most) {
  Query query(connection_,
              "SELECT domain_id FROM dkim_keys INDEXED BY dkim_keys_due "
              "WHERE state <> 'active' AND due_at <= ? "
              "GROUP BY domain_id ORDER BY min(due_at) LIMIT ?");
  query.Bind(now, most);
  std::vector<int64_t> domains;
  while (query.Step()) domains.push_back(query.Value<int64_t>());
  return domains;
}

}  // namespace egd::store
