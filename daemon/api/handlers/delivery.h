// classify, explain and queue.*: what the delivery engine does with accepted mail, and why.
#pragma once

#include <string>

#include "daemon/api/handler.h"

namespace egd::service {
class Explanations;
class QueueControl;
struct LaneView;
}  // namespace egd::service

namespace egd::api {

void AddClassifyHandler(Handlers& handlers);
// Both must outlive `handlers`.
void AddDeliveryHandlers(Handlers& handlers, service::Explanations& explanations,
                         service::QueueControl& queue);

// "down", "paused"…: as queue shows the lane.
std::string LaneStateOf(const service::LaneView& lane);

}  // namespace egd::api
