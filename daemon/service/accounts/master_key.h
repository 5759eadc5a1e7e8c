// Whether the master key is the one this database was sealed under: asked once, at the start.
#pragma once

#include "daemon/auth/vault.h"
#include "daemon/store/store.h"
#include "shared/base/result.h"

namespace egd::service {

// Opens one domain's signing key, when there is a domain. A lost master.key is replaced and a
// wrong one is accepted as it is; without this the gateway would start and then fail to sign every
// message. The error's public_text is a sentence for the operator.
Result<void> CheckMasterKey(store::Store& store, const auth::Vault& vault);

}  // namespace egd::service
