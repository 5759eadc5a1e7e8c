// The delivery engine: claims due recipients from the ledger, carries their mail to the recipients'
// servers, and has the ledger remember what came of it.
//
//   ledger ─ claim ─► Claimer ─ transactions ─► Lane (one a destination) ─ SMTP ─► their servers
//      ▲              egd-tick                  egd-mail.N     │ ▲
//      │                                                 prepare│ │ signed message
//      │                                                       ▼ │
//      └── settle ───────────────────────────── Recorder   SigningPool, egd-sign.N
//
// A lane lives on one io thread, chosen by its name, so lanes share nothing and need no lock.
// Memory is bounded by the recipients in flight and the bytes of messages made and not yet sent.
// The ledger's callbacks may come on any thread.
//
// Shutdown: Interrupt stops claiming and gives back what no dialogue has begun; dialogues have
// EngineOptions::drain to end, then they are cut and what got no answer is given back too. Nothing
// is lost by that; a message whose final answer was cut off may be sent again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/core/delivery.h"
#include "daemon/core/resolver.h"
#include "daemon/mailauth/sts_policies.h"
#include "daemon/queue/engine_options.h"
#include "daemon/queue/lane_board.h"
#include "shared/base/clock.h"

namespace egd::queue {

class DeliveryEngine {
 public:
  // All must outlive it. Throws std::invalid_argument, in words for the operator, when the options
  // make no sense (a smarthost or network that is none, authorities that cannot be read).
  // `policies`: what recipients' domains demand of a delivery; null: nothing.
  DeliveryEngine(EngineOptions options, core::DeliveryLedger& ledger, core::Resolver& resolver,
                 const Clock& clock, mailauth::StsPolicies* policies = nullptr);
  ~DeliveryEngine();  // Interrupt, Join

  void Start();
  void Interrupt();  // returns at once
  // After Interrupt: within the drain time, the resolver's, the policies' and the ledger's.
  void Join();
  void Wake();  // mail was accepted: look now. Any thread; cheap.

  size_t in_flight() const;  // recipients claimed and not yet settled

  // For operators; any thread. A paused destination gets no mail, and loses nothing: what is due
  // waits, dialogues under way go on. The engine does not remember it over a restart: the caller
  // does, and pauses again before Start.
  void Pause(const std::string& destination);
  void Resume(const std::string& destination);
  // A lane that is down or slow tries again at once.
  void Retry(const std::string& destination);
  // Of the lane that carries the destination's mail; nothing when it has had none yet.
  std::optional<LaneStatus> Status(const std::string& destination) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace egd::queue
