// Inside the store room: counting events for the statistics (rollup_store.h). All events of a group
// are added up first, so that a count changed by many of them is written once. The same commit
// holds events and counts.
#pragma once

#include <vector>

#include "daemon/store/commit_notes.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Adds `events` to the counts. Throws on database failure; then the transaction must be rolled
// back.
void CountEvents(Connection& connection, const std::vector<UncountedEvent>& events);

}  // namespace egd::store
