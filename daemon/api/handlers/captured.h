// captured.list, .show and .raw.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class CapturedMail;
}

namespace egd::api {

// `captured` must outlive `handlers`.
void AddCapturedHandlers(Handlers& handlers, service::CapturedMail& captured);

}  // namespace egd::api
