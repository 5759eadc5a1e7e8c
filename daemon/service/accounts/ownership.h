// The limits of ownership: how many webhooks, keys, credentials, lists, templates and journeys
// somebody may have. They hold for what is added from now on: who has more keeps it.
#pragma once

#include <cstdint>

#include "daemon/core/owned.h"
#include "daemon/store/connection.h"
#include "shared/base/result.h"
#include "shared/config/config.h"

namespace egd::service {

// To be called in the job that adds one. kForbidden, with a sentence for the user: `owner` (the
// domain or the user, as core::Owned says) has as many as allowed.
Result<void> CheckOwnership(store::Transaction& transaction, const config::Config::Limits& limits,
                            core::Owned kind, int64_t owner);

}  // namespace egd::service
