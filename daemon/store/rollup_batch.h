// Inside the store room: counting events for the statistics (rollup_store.h) as they are appended.
// Events wait in their connection until the group commits; all of a group are added up first, so
// that a count changed by many events is written once. The same commit holds events and counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/store/connection.h"

namespace egd::store {

// What the counts need to know of an event.
struct UncountedEvent {
  int64_t domain_id = 0;
  int64_t message = 0;  // its number
  core::EventType type = core::EventType::kAccepted;
  UnixMillis at = 0;
  int64_t delivery_ms = 0;
  int smtp_code = 0;
  std::string recipient_domain, mx_host, url;
  std::vector<std::string> tags;
};

// Adds the connection's waiting events to the counts. Throws on database failure; then the
// transaction must be rolled back and the events dropped.
void CountEvents(Connection& connection);

}  // namespace egd::store
