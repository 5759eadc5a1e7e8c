// emailgateway.addwebhook, getwebhooks, deletewebhook and their public forms.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class WebhookSubscriptions;
}

namespace egd::api {

// `webhooks` must outlive `handlers`.
void AddWebhookHandlers(Handlers& handlers, service::WebhookSubscriptions& webhooks);

}  // namespace egd::api
