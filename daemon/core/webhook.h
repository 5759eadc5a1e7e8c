// A subscription to the events of one sender domain. A value.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/event.h"
#include "shared/base/clock.h"

namespace egd::core {

struct Webhook {
  int64_t id = 0;
  int64_t domain_id = 0;
  EventType event = EventType::kDelivery;
  std::string event_word;  // as the client spelled it: the public form echoes it
  std::string url;
  UnixMillis created_at = 0;
};

}  // namespace egd::core
