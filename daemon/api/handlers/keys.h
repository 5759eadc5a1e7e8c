// emailgateway.addapi, getapis, deleteapi and replaceapi: sender keys.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class SenderKeys;
}

namespace egd::api {

// `keys` must outlive `handlers`.
void AddKeyHandlers(Handlers& handlers, service::SenderKeys& keys);

}  // namespace egd::api
