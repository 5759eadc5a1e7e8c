// A queue in memory with the semantics of the real one: leases, order, commits on a thread of its
// own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/core/delivery.h"

namespace egd::queue {

// A clock that threads may read while the test winds it.
class TestClock : public Clock {
 public:
  UnixMillis Now() const override { return now_; }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
  void Advance(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  std::atomic<UnixMillis> now_{1'700'000'000'000};
};

class FakeLedger : public core::DeliveryLedger {
 public:
  using Outcomes = std::vector<core::DeliveryOutcome>;

  explicit FakeLedger(const Clock& clock);
  ~FakeLedger() override;

  // Queues one recipient, due now. Messages are told apart by number, recipients by address.
  int64_t Add(int message, const std::string& address, std::chrono::milliseconds expires_in);
  int64_t Add(int message, const std::string& address) {
    return Add(message, address, std::chrono::hours(1));
  }

  void SetSenderDomain(const std::string& address, int64_t domain);
  void SetUser(const std::string& address, int64_t user);

  void Claim(size_t most, UnixMillis lease_until, std::vector<int64_t> without,
             Claimed done) override;
  UnixMillis NextDue() override;
  Result<core::OutgoingMessage> Prepare(const Uuid& id, const core::DueRecipient& to) override;
  void Settle(Outcomes outcomes, std::function<void(Result<void>)> done) override;
  void Renew(std::vector<int64_t> ids, UnixMillis lease_until) override;
  void Release(std::vector<int64_t> ids) override;
  void Postpone(std::vector<int64_t> ids, UnixMillis until) override;
  void Hold(std::vector<int64_t> ids) override;  // until Release

  // What Prepare returns instead of a plain small message; runs on a signing thread.
  std::function<Result<core::OutgoingMessage>(const Uuid&, const core::DueRecipient&)> on_prepare;
  std::atomic<int> settle_failures{0};     // so many calls of Settle fail first
  std::atomic<bool> forget_leases{false};  // every lease ends at once

  // Waits until that holds, in the ledger's lock; false after 20 s, which no test should need.
  bool WaitUntil(std::function<bool()> holds,
                 std::chrono::milliseconds most = std::chrono::seconds(20));
  bool WaitForOutcomes(size_t count);
  // Under the lock or when the engine is quiet:
  const Outcomes& outcomes() const { return outcomes_; }
  const std::multiset<int64_t>& released() const { return released_; }
  size_t waiting() const { return rows_.size(); }
  size_t leased() const;
  const std::multiset<int64_t>& renewed() const { return renewed_; }
  size_t most_leased() const { return most_leased_; }
  std::vector<core::DeliveryOutcome> Of(const std::string& address);

 private:
  struct Row {
    core::DueRecipient recipient;
    UnixMillis due_at = 0;
    UnixMillis lease_until = 0;
  };

  void Enqueue(std::function<void()> job);
  void Write();
  void Apply(const core::DeliveryOutcome& outcome);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Row> rows_;
  Outcomes outcomes_;
  std::multiset<int64_t> released_, renewed_;
  size_t most_leased_ = 0;
  int64_t last_id_ = 0;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread writer_;
};

Uuid MessageId(int number);

}  // namespace egd::queue
