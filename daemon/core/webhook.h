// A subscription to the events of one sender domain. A value.
//
// Those of a domain with the same URL are one endpoint: order, fairness and health are about
// endpoints, so that one server hears of a message's events in their order, whatever number of
// subscriptions it has.
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
  int64_t endpoint = 0;          // the id of the first of its domain with this URL
  UnixMillis failing_since = 0;  // nothing but failures since then; 0: the last attempt succeeded
  UnixMillis disabled_at = 0;    // 0: enabled
  std::string disabled_reason;   // a sentence, when disabled
};

}  // namespace egd::core
