// The threads that make and sign messages (`egd-sign.N`): DeliveryLedger::Prepare costs CPU and
// reads the store, so no io thread runs it. Thread-safe.
//
// Bounds memory: while the messages handed out and not yet let go exceed max_bytes, no new one is
// made. Those in flight end within their time-outs, so that is a delay and never a standstill.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
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

  // The message as `recipient` gets it. `done` runs once, on a signing thread.
  void Prepare(const core::DueRecipient& recipient, Done done);

 private:
  struct Job {
    core::DueRecipient recipient;
    Done done;
  };

  void Run();
  bool NextJob(Job& job);
  PreparedMessage Count(core::OutgoingMessage message);
  void LetGo(size_t bytes);

  core::DeliveryLedger& ledger_;
  const size_t thread_count_;
  const size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // under mutex_; bounded by the lanes' connections
  size_t bytes_ = 0;       // under mutex_
  bool stopping_ = false;  // under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace egd::queue
