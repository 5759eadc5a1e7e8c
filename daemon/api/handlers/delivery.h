// classify: what the delivery engine does with accepted mail, and why.
#pragma once

#include "daemon/api/handler.h"

namespace egd::api {

void AddDeliveryHandlers(Handlers& handlers);

}  // namespace egd::api
