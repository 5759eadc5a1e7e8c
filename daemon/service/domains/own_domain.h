// The one way from a DomainID to a domain: somebody else's is answered exactly as a missing one.
#pragma once

#include <cstdint>

#include "daemon/core/domain.h"
#include "daemon/store/connection.h"
#include "shared/base/result.h"

namespace egd::service {

// kNotFound: no such domain, or another user's.
Result<core::SenderDomain> FindOwnDomain(store::Connection& connection, int64_t user_id,
                                         int64_t domain_id);

}  // namespace egd::service
