// emailgateway.getevents and its public form.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class EventLog;
}

namespace egd::api {

// `events` must outlive `handlers`.
void AddEventHandlers(Handlers& handlers, service::EventLog& events);

}  // namespace egd::api
