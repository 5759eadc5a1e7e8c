// checkbulk.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class DnsRounds;
}

namespace egd::api {

// `rounds` must outlive `handlers`.
void AddBulkHandlers(Handlers& handlers, service::DnsRounds& rounds);

}  // namespace egd::api
