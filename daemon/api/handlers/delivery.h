// classify, explain and queue.*: what the delivery engine does with accepted mail, and why.
#pragma once

#include <string>

#include "daemon/api/handler.h"
#include "daemon/core/event.h"
#include "shared/base/clock.h"

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

// "queued", "delivered"…: of a recipient whose last event this is. `waits`: it is in the queue.
std::string RecipientStateOf(const core::Event& last, bool waits, UnixMillis send_at,
                             UnixMillis now);
// "down", "paused"…: as queue shows the lane.
std::string LaneStateOf(const service::LaneView& lane);

}  // namespace egd::api
