// journey.*, journeys.delete and journey.actions.update.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Journeys;
}

namespace egd::api {

// `journeys` must outlive `handlers`.
void AddJourneyHandlers(Handlers& handlers, service::Journeys& journeys);

}  // namespace egd::api
