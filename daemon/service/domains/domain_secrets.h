// The secrets of a sender domain, in the clear only where they are used: the DKIM private keys and
// the key that signs its webhooks. Bound to user and name, which never change: what was sealed
// for one domain does not open for another. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/domain.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

constexpr size_t kSigningKeyBytes = 32;  // Standard Webhooks asks for 24 to 64

// Set the sealed field; the domain's user_id and name are set already.
void SealDkimKey(const core::SenderDomain& domain, core::DkimKey& key, std::string_view pem,
                 const auth::Vault& vault);
void SealSigningKey(core::SenderDomain& domain, std::string_view bytes, const auth::Vault& vault);

// kInternal: damaged, or sealed under another master key.
Result<std::string> OpenDkimKey(const core::SenderDomain& domain, const core::DkimKey& key,
                                const auth::Vault& vault);
Result<std::string> OpenSigningKey(const core::SenderDomain& domain, const auth::Vault& vault);

// The bytes of every key that signs the domain's webhooks at `now`, newest first: its own, and
// those replaced by regeneratesigningkey whose overlap has not ended. A delivery carries a
// signature by each. Empty: the domain is gone. Within one store job; throws as it does. kInternal:
// as above.
Result<std::vector<std::string>> SigningKeysInForce(store::Connection& connection,
                                                    const core::SenderDomain& domain,
                                                    const auth::Vault& vault, UnixMillis now);

}  // namespace egd::service
