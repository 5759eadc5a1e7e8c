// The one way from a DomainID, or a name, to a domain: somebody else's is answered exactly as a
// missing one.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/core/domain.h"
#include "daemon/store/connection.h"
#include "shared/base/result.h"

namespace egd::service {

// kNotFound: no such domain, or another user's.
Result<core::SenderDomain> FindOwnDomain(store::Connection& connection, int64_t user_id,
                                         int64_t domain_id);
// `name` in any case, as A-labels or not, with a final dot or without.
Result<core::SenderDomain> FindOwnDomain(store::Connection& connection, int64_t user_id,
                                         std::string_view name);

}  // namespace egd::service
