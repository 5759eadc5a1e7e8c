// The threads that make and sign messages (`egd-sign.N`): DeliveryLedger::Prepare costs CPU and
// reads the store, so no io thread runs it. Thread-safe.
//
// Copies that are the same for several recipients are made and signed once, as long as their lanes
// ask soon enough for the last ones made to be at hand.
//
// Bounds memory: while the messages handed out and not yet let go exceed max_bytes, no new one is
// made. Those in flight end within their time-outs, so that is a delay and never a standstill.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/core/delivery.h"

namespace egd::queue {

// Counts against the pool's bytes until the last copy goes; must not outlive the pool.
using PreparedMessage = std::shared_ptr<const core::OutgoingMessage>;

class SigningPool {
 public:
  using Done = std::function<void(Result<PreparedMessage>)>;

  SigningPool(core::DeliveryLedger& ledger, size_t threads, size_t max_bytes);
  ~SigningPool();  // Interrupt, Join

  void Start();
  void Interrupt();  // what was asked for is still made
  void Join();

  // The message as `recipient` gets it. `share`: others will ask for the same message. `done` runs
  // once, on a signing thread or before Prepare returns.
  void Prepare(const core::DueRecipient& recipient, bool share, Done done);

 private:
  struct Job {
    core::DueRecipient recipient;
    Done done;
    bool shared = false;
  };
  // A message that several ask for, while it is made and as long as somebody has it.
  struct Shared {
    bool making = false;
    std::weak_ptr<const core::OutgoingMessage> made;
    std::vector<Job> waiting;  // for the one being made; bounded as jobs_
  };

  void Run();
  bool NextJob(Job& job);
  PreparedMessage Count(core::OutgoingMessage message, const Uuid& id);
  void LetGo(size_t bytes, const Uuid& id);
  bool JoinOthers(Job& job, PreparedMessage& ready);
  void Serve(Job job, Result<PreparedMessage> message);
  std::vector<Job> EndMaking(const Job& job, const Result<PreparedMessage>& message);
  void Remember(PreparedMessage message);

  core::DeliveryLedger& ledger_;
  const size_t thread_count_;
  const size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;                // under mutex_; bounded by the lanes' connections
  size_t bytes_ = 0;                    // under mutex_
  bool stopping_ = false;               // under mutex_
  std::map<Uuid, Shared> shared_;       // under mutex_
  std::deque<PreparedMessage> recent_;  // under mutex_; the last shared ones
  std::vector<std::thread> threads_;
};

}  // namespace egd::queue
