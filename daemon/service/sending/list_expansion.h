// Makes the recipients of sends to a list (TargetListID), in the background and in batches: each is
// one commit that adds recipients and events and notes how far it got, so that kill -9 loses nobody
// and sends to nobody twice. Sends take turns, so that a small list need not wait for a large one.
//  - A list is as it was when the send was accepted, less those who left it since.
//  - Those of a cancelled send get a `rejected` event, at once.
//  - Suppressed subscribers get a `rejected` event. What was counted for the month beforehand and
//    was not sent is given back at the end, however the send ends.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "daemon/store/list_send_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/ticker.h"

namespace egd::service {

// Has one thread, `egd-lists`. Owned by Daemon; Start once. Thread-safe.
class ListExpansion {
 public:
  static constexpr size_t kBatch = 250;  // subscribers: some 10 ms of the writer's time

  // `on_queued` runs after each commit that queued somebody: it wakes the queue, and must not
  // block.
  ListExpansion(store::Store& store, const Clock& clock, std::function<void()> on_queued)
      : store_(store), clock_(clock), on_queued_(std::move(on_queued)) {}

  void Start() { ticker_.Start(); }
  void Wake() { ticker_.Wake(); }            // there may be a new send
  void Interrupt() { ticker_.Interrupt(); }  // after the batch under way
  void Join() { ticker_.Join(); }

  // One batch of one send: false when none is due. What the thread does; tests call it themselves.
  Result<bool> ExpandBatch();

 private:
  struct Progress {
    int64_t number = 0;  // of the message; 0: no send is due
    bool queued = false;
  };
  Progress Expand(store::Transaction& transaction, UnixMillis now);
  std::chrono::milliseconds Tick();
  std::chrono::milliseconds Pause();

  store::Store& store_;
  const Clock& clock_;
  const std::function<void()> on_queued_;
  int64_t last_ = 0;  // the number whose turn it was; in Expand's commits, one at a time
  Ticker ticker_{"egd-lists", [this] { return Tick(); }};
};

}  // namespace egd::service
