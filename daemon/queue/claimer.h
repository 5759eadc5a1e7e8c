// Decides when to ask the ledger for due recipients, and knows which of them this process is
// working on. Its thread `egd-tick` sleeps until somebody wakes it, the next recipient is due or
// there is room again. Thread-safe.
//
// A recipient counts as in flight from its claim until its outcome is committed. Claimed a second
// time meanwhile (its lease ended), it is not handed out again: the claim has renewed the lease,
// nothing more. So leases may be short, which makes for a quick restart after a crash, and nothing
// is sent twice.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "daemon/core/delivery.h"
#include "shared/base/clock.h"

namespace egd::queue {

struct ClaimerOptions {
  size_t max_in_flight = 6000;  // recipients, some 300 bytes each
  std::chrono::milliseconds lease = std::chrono::minutes(2);
};

class Claimer {
 public:
  // Runs on the claimer's thread; must not block for long.
  using Dispatch = std::function<void(std::vector<core::DueRecipient>)>;

  // `ledger` and `clock` must outlive it.
  Claimer(ClaimerOptions options, core::DeliveryLedger& ledger, const Clock& clock,
          Dispatch dispatch);
  ~Claimer();  // Interrupt, Join

  void Start();
  void Interrupt();  // no claim after the one under way; what that brings goes back to the ledger
  void Join();

  void Wake();  // something new may be due
  // These are no longer in flight. `next_attempt_at`: the earliest one of them is due again; 0:
  // none is.
  void Finish(const std::vector<int64_t>& recipient_ids, UnixMillis next_attempt_at);
  size_t in_flight() const;
  size_t FreeRoom() const;  // how many more recipients may be in flight

 private:
  struct Claim {
    size_t count = 0;                          // what the ledger leased
    std::vector<core::DueRecipient> admitted;  // those not in flight before
  };

  void Run();
  size_t WaitForTurn();
  Claim ClaimNow(size_t most);
  Claim Admit(std::vector<core::DueRecipient> claimed);
  void PlanNext(size_t claimed, size_t asked);
  // With mutex_ held:
  std::chrono::milliseconds UntilDue() const;
  bool ExpectDue(UnixMillis at);
  size_t Room() const;
  size_t RoomWorthAClaim() const;

  const ClaimerOptions options_;
  core::DeliveryLedger& ledger_;
  const Clock& clock_;
  const Dispatch dispatch_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_:
  bool stopping_ = false;
  bool woken_ = true;        // the queue may hold mail from before the start
  UnixMillis next_due_ = 0;  // 0: nothing is known to wait
  std::unordered_set<int64_t> in_flight_;

  std::thread thread_;
};

}  // namespace egd::queue
