#include "daemon/service/domains/domain_secrets.h"

#include <utility>

#include "daemon/store/signing_key_store.h"

namespace egd::service {
namespace {

std::string Context(std::string_view what, const core::SenderDomain& domain) {
  return std::string(what) + ":" + std::to_string(domain.user_id) + ":" + domain.name;
}

}  // namespace

void SealDkimKey(const core::SenderDomain& domain, core::DkimKey& key, std::string_view pem,
                 const auth::Vault& vault) {
  key.private_key = vault.Seal(pem, Context("dkim-key", domain));
}

void SealSigningKey(core::SenderDomain& domain, std::string_view bytes, const auth::Vault& vault) {
  domain.signing_key = vault.Seal(bytes, Context("signing-key", domain));
}

Result<std::string> OpenDkimKey(const core::SenderDomain& domain, const core::DkimKey& key,
                                const auth::Vault& vault) {
  return vault.Open(key.private_key, Context("dkim-key", domain));
}

Result<std::string> OpenSigningKey(const core::SenderDomain& domain, const auth::Vault& vault) {
  return vault.Open(domain.signing_key, Context("signing-key", domain));
}

Result<std::vector<std::string>> SigningKeysInForce(store::Connection& connection,
                                                    const core::SenderDomain& domain,
                                                    const auth::Vault& vault, UnixMillis now) {
  std::vector<std::string> keys;
  for (const auto& sealed : store::SigningKeyStore(connection).ListInForce(domain.id, now)) {
    Result<std::string> key = vault.Open(sealed, Context("signing-key", domain));
    if (!key) return key.error();
    keys.push_back(*std::move(key));
  }
  return keys;
}

}  // namespace egd::service
