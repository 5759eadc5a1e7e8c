// sender.domains and inbound-relay-domain-check.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class RelayDomains;
}

namespace egd::api {

// `domains` must outlive `handlers`.
void AddRelayHandlers(Handlers& handlers, service::RelayDomains& domains);

}  // namespace egd::api
