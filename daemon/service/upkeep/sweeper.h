// Deletes what its owners deleted already (store/sweep_store.h): batch by batch, so that no write
// holds the others up, however much there is. Small things are gone with the request that deletes
// them; the rest goes meanwhile, also after a restart.
#pragma once

#include <chrono>
#include <cstddef>

#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"

namespace egd::service {

// Rows a commit deletes. The dearest are recipients of a cleared queue, which get an event each: 50
// µs, so 10 ms of the writer's time.
constexpr size_t kSweptAtOnce = 200;

// Whoever marked something calls it in the same job, for the first batch. Returns about how many
// rows it deleted; 0: nothing is left.
size_t SweepSome(store::Transaction& transaction, UnixMillis now, size_t most = kSweptAtOnce);

// Has one thread, `egd-sweep`. Owned by Daemon; Start once.
class Sweeper {
 public:
  Sweeper(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  void Start() { ticker_.Start(); }
  void Interrupt() { ticker_.Interrupt(); }  // after the commit under way
  void Join() { ticker_.Join(); }

  // Sweeps until nothing is left. A failure is logged, and what is left is the next tick's.
  void RunDue();

 private:
  static constexpr std::chrono::milliseconds kTick = std::chrono::seconds(1);

  bool HasWork();

  store::Store& store_;
  const Clock& clock_;
  Ticker ticker_{"egd-sweep", [this] {
                   RunDue();
                   return kTick;
                 }};
};

}  // namespace egd::service
