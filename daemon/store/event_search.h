// Inside the store room: which events a filter with a query matches. Most are found in the search
// index (search_index.h); what is not in it yet, by reading it; while very much is not, as after an
// upgrade, all by reading. A query too short for the index is answered from the domain's newest
// events alone.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/store/connection.h"
#include "daemon/store/event_store.h"

namespace egd::store {

constexpr int64_t kShortQueryEvents = 20'000;  // read in some 0.1 s

// Where the events that match are, oldest first. The filter has a query and names no message.
std::vector<EventPlace> FindPlaces(Connection& connection, const EventFilter& filter);

}  // namespace egd::store
