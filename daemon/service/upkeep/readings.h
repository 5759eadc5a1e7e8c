// The figures that are read for a scrape: how deep the queue is, how far behind, what the process
// holds.
#pragma once

#include <vector>

#include "daemon/metrics/metrics.h"
#include "daemon/queue/delivery_engine.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

// Blocks on the store; what cannot be read is left out. Thread-safe.
std::vector<metrics::Gauge> ReadGauges(store::Store& store, const queue::DeliveryEngine& engine,
                                       const Clock& clock);

}  // namespace egd::service
