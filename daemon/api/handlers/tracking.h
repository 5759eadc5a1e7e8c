// classifyhit and reclassify.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class HitVerdicts;
}

namespace egd::api {

// `verdicts` must outlive `handlers`.
void AddTrackingHandlers(Handlers& handlers, service::HitVerdicts& verdicts);

}  // namespace egd::api
