// inbound.list, show, raw, retry and teach.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Inbound;
}

namespace egd::api {

// `inbound` must outlive `handlers`.
void AddInboundHandlers(Handlers& handlers, service::Inbound& inbound);

}  // namespace egd::api
