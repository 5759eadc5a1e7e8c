#include "daemon/store/signing_key_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::vector<std::string> SigningKeyStore::ListInForce(int64_t domain_id, UnixMillis now) {
  Query own(connection_, "SELECT signing_key FROM domains WHERE id = ?");
  if (!own.Bind(domain_id).Step()) return {};
  std::vector<std::string> keys = {own.Value<std::string>()};
  Query retired(connection_,
                "SELECT sealed FROM retired_signing_keys WHERE domain_id = ? AND signs_until > ? "
                "ORDER BY id DESC");
  retired.Bind(domain_id, now);
  while (retired.Step()) keys.push_back(retired.Value<std::string>());
  return keys;
}

bool SigningKeyStore::Replace(int64_t domain_id, const std::string& sealed, UnixMillis now,
                              UnixMillis signs_until) {
  Retire(domain_id, now, signs_until);
  return Query(connection_, "UPDATE domains SET signing_key = ? WHERE id = ?")
             .Bind(AsBlob{sealed}, domain_id)
             .Run() > 0;
}

void SigningKeyStore::Retire(int64_t domain_id, UnixMillis now, UnixMillis signs_until) {
  if (signs_until > now) {
    Query(connection_,
          "INSERT INTO retired_signing_keys (domain_id, sealed, signs_until) "
          "SELECT id, signing_key, ? FROM domains WHERE id = ?")
        .Bind(signs_until, domain_id)
        .Run();
  }
  const size_t kept = signs_until > now ? kMostRetired : 0;
  Query(connection_,
        "DELETE FROM retired_signing_keys WHERE domain_id = ?1 AND (signs_until <= ?2 OR id NOT IN "
        "(SELECT id FROM retired_signing_keys WHERE domain_id = ?1 AND signs_until > ?2 "
        "ORDER BY id DESC LIMIT ?3))")
      .Bind(domain_id, now, kept)
      .Run();
}

}  // namespace egd::store
