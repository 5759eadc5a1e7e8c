// What an operator does with the queue: look at its lanes, pause and resume a destination, try one
// again now. Pauses are remembered over a restart.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "daemon/queue/delivery_engine.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

// What keeps mail from being tried, in words that name nobody's mail.
struct Hindrance {
  std::string why;       // empty: nothing does
  UnixMillis until = 0;  // 0: nobody knows
};

struct LaneView {
  store::DestinationDepth depth;
  queue::LaneStatus status;
  bool paused = false;
  UnixMillis at = 0;  // now
};

// Thread-safe. Everything it is made of must outlive it.
class QueueControl {
 public:
  QueueControl(store::Store& store, queue::DeliveryEngine& engine, const Clock& clock)
      : store_(store), engine_(engine), clock_(clock) {}

  // Tells the engine what was paused before the restart: before it starts.
  Result<void> Restore();

  // The deepest `most` destinations, and those that are paused. `destination`: only that one.
  Result<std::vector<LaneView>> List(size_t most);
  Result<LaneView> Show(const std::string& destination);

  UnixMillis Now() const { return clock_.Now(); }
  // Of the destination, for mail of that sender's domain.
  Hindrance FindHindrance(const std::string& destination, int64_t sender_domain) const;

  Result<void> Pause(const std::string& destination);
  // Both return how many recipients became due by it.
  Result<int64_t> Resume(const std::string& destination);
  Result<int64_t> Retry(const std::string& destination);

 private:
  Result<bool> ClearPaused(const std::string& destination);
  Result<int64_t> MakeDue(const std::string& destination, bool retry);
  LaneView View(store::DestinationDepth depth, bool paused) const;

  store::Store& store_;
  queue::DeliveryEngine& engine_;
  const Clock& clock_;
  std::mutex pausing_;  // engine and store learn of pauses in one order
};

}  // namespace egd::service
