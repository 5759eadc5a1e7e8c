// emailgateway.sendemail and .batch.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Acceptance;
}

namespace egd::api {

// `acceptance` must outlive `handlers`.
void AddEmailHandlers(Handlers& handlers, service::Acceptance& acceptance);

}  // namespace egd::api
