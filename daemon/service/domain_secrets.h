// The two secrets of a sender domain, in the clear only where they are used: the DKIM private key
// and the key that signs its webhooks. Bound to user and name, which never change: what was sealed
// for one domain does not open for another. Pure but for the vault's randomness; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "daemon/auth/vault.h"
#include "daemon/core/domain.h"
#include "shared/base/result.h"

namespace egd::service {

constexpr size_t kSigningKeyBytes = 32;  // Standard Webhooks asks for 24 to 64

// Set the domain's sealed field; its user_id and name are set already.
void SealDkimKey(core::SenderDomain& domain, std::string_view pem, const auth::Vault& vault);
void SealSigningKey(core::SenderDomain& domain, std::string_view bytes, const auth::Vault& vault);

// kInternal: damaged, or sealed under another master key.
Result<std::string> OpenDkimKey(const core::SenderDomain& domain, const auth::Vault& vault);
Result<std::string> OpenSigningKey(const core::SenderDomain& domain, const auth::Vault& vault);

}  // namespace egd::service
