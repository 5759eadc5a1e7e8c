// Makes the jobs of events that many webhooks want (core/webhook_delivery.h): batch by batch, so
// that no write holds the others up however many there are, and a batch for each domain in turn.
#pragma once

#include <chrono>

#include "daemon/store/store.h"
#include "shared/base/ticker.h"

namespace egd::service {

// Has one thread, `egd-fan-out`. Owned by Daemon; Start once.
class WebhookFanOut {
 public:
  explicit WebhookFanOut(store::Store& store) : store_(store) {}

  void Start() { ticker_.Start(); }
  void Wake() { ticker_.Wake(); }  // a commit left such events; thread-safe
  void Interrupt() { ticker_.Interrupt(); }
  void Join() { ticker_.Join(); }

  // Until nothing is left. A failure is logged, and what is left is the next tick's.
  void RunDue();

 private:
  // What was left by a failure waits that long.
  static constexpr std::chrono::milliseconds kTick = std::chrono::seconds(5);

  store::Store& store_;
  Ticker ticker_{"egd-fan-out", [this] {
                   RunDue();
                   return kTick;
                 }};
};

}  // namespace egd::service
