// suppression.browse, import, delete and stats.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Suppressions;
}

namespace egd::api {

// `suppressions` must outlive `handlers`.
void AddSuppressionHandlers(Handlers& handlers, service::Suppressions& suppressions);

}  // namespace egd::api
