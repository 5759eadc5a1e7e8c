// Decides when to ask the ledger for due recipients, and knows which of them this process is
// working on. Its thread `egd-tick` sleeps until somebody wakes it, the next recipient is due or
// there is room again: what it waits for changes with its state, so it has a loop of its own and is
// no Ticker. Thread-safe.
//
// A recipient counts as in flight from its claim until its outcome is committed. Its lease is
// renewed for as long, so that no other process takes it over. Should a lease end all the same (the
// ledger failed for as long, the clock jumped) and the recipient be claimed a second time, it is
// not handed out again: that claim has renewed the lease, nothing more.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "daemon/core/delivery.h"
#include "shared/base/clock.h"

namespace egd::queue {

struct ClaimerOptions {
  size_t max_in_flight = 6000;                                // recipients, some 300 bytes each
  std::chrono::milliseconds lease = std::chrono::minutes(2);  // renewed in its second half
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

 private:
  struct Claim {
    size_t count = 0;                          // what the ledger leased
    std::vector<core::DueRecipient> admitted;  // those not in flight before
  };

  struct InFlight {
    UnixMillis leased_until = 0;
    int64_t user = 0;
  };

  void Run();
  size_t WaitForTurn();
  Claim ClaimNow(size_t most);
  Claim Admit(std::vector<core::DueRecipient> claimed, UnixMillis lease_until);
  void RenewLeases();
  void PlanNext(size_t claimed, size_t asked);
  // With mutex_ held:
  std::chrono::milliseconds UntilDue() const;
  std::chrono::milliseconds LongestNap() const;
  bool ExpectDue(UnixMillis at);
  size_t Room() const;
  void Remove(int64_t recipient_id);
  std::vector<int64_t> Crowded() const;
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
  std::unordered_map<int64_t, InFlight> in_flight_;  // by recipient
  std::unordered_map<int64_t, size_t> held_;         // how many of them each user has
  bool left_out_ = false;                            // the last claim left somebody crowded out
  UnixMillis renew_at_ = 0;                          // look for leases to renew

  std::thread thread_;
};

}  // namespace egd::queue
