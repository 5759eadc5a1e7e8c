// Tells the ledger what happened, however often it takes: an outcome that is not recorded would be
// a second delivery after the next claim. Lives on one io thread.
#pragma once

#include <chrono>
#include <vector>

#include "daemon/core/delivery.h"
#include "daemon/net/task.h"
#include "daemon/queue/claimer.h"

namespace egd::queue {

class Recorder {
 public:
  // `ledger` and `claimer` must outlive it; it must outlive its executor's work.
  Recorder(net::Executor executor, core::DeliveryLedger& ledger, Claimer& claimer,
           std::chrono::milliseconds retry_after);

  // The recipients stay in flight until the ledger has committed this. Bounded by what is in
  // flight.
  void Settle(std::vector<core::DeliveryOutcome> outcomes);
  // Nothing happened: due again at once.
  void Release(const std::vector<core::DueRecipient>& recipients);
  // Nothing happened, and they are not due before `until`.
  void Postpone(const std::vector<core::DueRecipient>& recipients, UnixMillis until);
  // Nothing happened, and their destinations are paused: not due before they are resumed.
  void Hold(const std::vector<core::DueRecipient>& recipients);
  // From `after` on a failed commit is given up, loudly (shutdown).
  void GiveUp(std::chrono::milliseconds after);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  net::Task<void> KeepTrying(std::vector<core::DeliveryOutcome> outcomes);
  net::Task<Result<void>> TryOnce(const std::vector<core::DeliveryOutcome>& outcomes);

  net::Executor executor_;
  core::DeliveryLedger& ledger_;
  Claimer& claimer_;
  const std::chrono::milliseconds retry_after_;
  TimePoint give_up_at_ = TimePoint::max();
};

}  // namespace egd::queue
