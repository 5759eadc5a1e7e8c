#include "daemon/service/accounts/sender_keys.h"

#include <optional>
#include <utility>

#include "daemon/auth/digest.h"
#include "daemon/service/accounts/ownership.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/sender_key_store.h"
#include "shared/base/encoding.h"

namespace egd::service {
namespace {

// Bound to the digest: a sealed key that was moved to another row does not open there.
std::string SealContext(const std::string& digest) {
  return "sender-key:" + Hex(digest);
}

bool OwnsDomain(store::Connection& connection, int64_t user_id, int64_t domain_id) {
  const std::optional<core::SenderDomain> domain = store::DomainStore(connection).Find(domain_id);
  return domain && domain->user_id == user_id;
}

Error DomainNotFound() {
  return NotFound("Domain not found or access denied");
}

}  // namespace

Result<SenderKey> SenderKeys::Make(int64_t user_id, int64_t domain_id,
                                   const std::string& description, Older older, bool is_test) {
  const std::string_view prefix = is_test ? auth::kTestKeyPrefix : auth::kSenderKeyPrefix;
  SenderKey made{0, domain_id, auth::NewKey(prefix), description, is_test};
  store::SenderKey row;
  row.domain_id = domain_id;
  row.digest = auth::Sha256(made.key);
  row.sealed = vault_.Seal(made.key, SealContext(row.digest));
  row.description = description;
  row.is_test = is_test;
  row.created_at = clock_.Now();
  const Result<void> saved = store_.Write([&](store::Transaction& tx) -> Result<void> {
    if (!OwnsDomain(tx, user_id, domain_id)) return DomainNotFound();
    store::SenderKeyStore keys(tx);
    if (older == Older::kStop) {
      keys.ReplaceAll(row);
      return {};
    }
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kSenderKeys, domain_id);
    if (allowed) keys.Insert(row);
    return allowed;
  });
  if (!saved) return saved.error();
  made.id = row.id;
  return made;
}

Result<SenderKey> SenderKeys::Add(int64_t user_id, int64_t domain_id,
                                  const std::string& description, bool is_test) {
  return Make(user_id, domain_id, description, Older::kStay, is_test);
}

Result<SenderKey> SenderKeys::Replace(int64_t user_id, int64_t domain_id,
                                      const std::string& description) {
  return Make(user_id, domain_id, description, Older::kStop, false);
}

Result<std::vector<SenderKey>> SenderKeys::List(int64_t user_id, int64_t domain_id) {
  using Rows = std::vector<store::SenderKey>;
  const Result<Rows> rows = store_.Read([&](store::Connection& connection) -> Result<Rows> {
    if (!OwnsDomain(connection, user_id, domain_id)) return DomainNotFound();
    return store::SenderKeyStore(connection).List(domain_id);
  });
  if (!rows) return rows.error();
  std::vector<SenderKey> keys;
  for (const store::SenderKey& row : *rows) {
    Result<std::string> key = vault_.Open(row.sealed, SealContext(row.digest));
    if (!key) return key.error();
    keys.push_back({row.id, row.domain_id, std::move(*key), row.description, row.is_test});
  }
  return keys;
}

Result<void> SenderKeys::Delete(int64_t user_id, int64_t key_id) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    store::SenderKeyStore keys(tx);
    const std::optional<store::SenderKey> key = keys.Find(key_id);
    if (!key || !OwnsDomain(tx, user_id, key->domain_id)) {
      return NotFound("API key not found or access denied");
    }
    keys.Delete(key->domain_id, key_id);
    return {};
  });
}

}  // namespace egd::service
