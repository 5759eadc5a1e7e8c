// classify, explain and queue.*: what the delivery engine does with accepted mail, and why.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Explanations;
class QueueControl;
}  // namespace egd::service

namespace egd::api {

void AddClassifyHandler(Handlers& handlers);
// Both must outlive `handlers`.
void AddDeliveryHandlers(Handlers& handlers, service::Explanations& explanations,
                         service::QueueControl& queue);

}  // namespace egd::api
