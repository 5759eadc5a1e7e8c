// webhook.deliveries, .replay and .test.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class WebhookDeliveries;
}

namespace egd::api {

void AddWebhookDeliveryHandlers(Handlers& handlers, service::WebhookDeliveries& deliveries);

}  // namespace egd::api
