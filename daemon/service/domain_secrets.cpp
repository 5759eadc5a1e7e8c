#include "daemon/service/domain_secrets.h"

namespace egd::service {
namespace {

std::string Context(std::string_view what, const core::SenderDomain& domain) {
  return std::string(what) + ":" + std::to_string(domain.user_id) + ":" + domain.name;
}

}  // namespace

void SealDkimKey(core::SenderDomain& domain, std::string_view pem, const auth::Vault& vault) {
  domain.dkim_private_key = vault.Seal(pem, Context("dkim-key", domain));
}

void SealSigningKey(core::SenderDomain& domain, std::string_view bytes, const auth::Vault& vault) {
  domain.signing_key = vault.Seal(bytes, Context("signing-key", domain));
}

Result<std::string> OpenDkimKey(const core::SenderDomain& domain, const auth::Vault& vault) {
  return vault.Open(domain.dkim_private_key, Context("dkim-key", domain));
}

Result<std::string> OpenSigningKey(const core::SenderDomain& domain, const auth::Vault& vault) {
  return vault.Open(domain.signing_key, Context("signing-key", domain));
}

}  // namespace egd::service
