// The background check: every sender domain that is Enabled or waits for approval is verified again
// every 24 hours, so that records which vanish are noticed and records which appear take effect.
// The records of pending DKIM keys are looked for more often (core::NextLook), so that a rotation
// that somebody waits for ends within a minute of its record.
#pragma once

#include <chrono>

#include "daemon/service/domains/verify_domain.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"

namespace egd::service {

constexpr UnixMillis kDomainCheckEvery = kDayMillis;
// A tick's share: at a minute a tick, 70,000 domains a day.
constexpr size_t kDomainsPerTick = 50;
// So that a crowd of rotations does not keep the daily rounds waiting.
constexpr size_t kRotationsPerTick = 1000;

// Has one thread, `egd-verify`, because a round waits for the DNS. Owned by Daemon; Start once.
class DomainCheck {
 public:
  static constexpr std::chrono::milliseconds kTick = std::chrono::minutes(1);

  DomainCheck(store::Store& store, VerifyDomain& verify, const Clock& clock)
      : store_(store), verify_(verify), clock_(clock) {}

  // The first tick is after `wait`.
  void Start(std::chrono::milliseconds wait = kTick) { ticker_.Start(wait); }
  void Interrupt() { ticker_.Interrupt(); }  // after the round under way
  void Join() { ticker_.Join(); }

  // Verifies those that are due, longest unchecked first, at most kDomainsPerTick. Returns how many
  // rounds succeeded. This and AdvanceDueKeys are what the thread does each tick; tests call them
  // themselves.
  size_t RunDue();
  // Advances the DKIM keys that are due, longest due first, kDomainsPerTick domains at once, at
  // most some kRotationsPerTick. Returns how many domains that were.
  size_t AdvanceDueKeys();

 private:
  store::Store& store_;
  VerifyDomain& verify_;
  const Clock& clock_;
  Ticker ticker_{"egd-verify", [this] {
                   AdvanceDueKeys();
                   RunDue();
                   return kTick;
                 }};
};

}  // namespace egd::service
