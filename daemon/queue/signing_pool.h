// The threads that make and sign messages (`egd-sign.N`): DeliveryLedger::Prepare costs CPU and
// reads the store, so no io thread runs it. Thread-safe.
//
// Copies that are the same for several recipients are made and signed once, as long as their lanes
// ask soon enough for the last ones made to be at hand.
//
// Bounds memory: messages handed out and not yet let go share max_bytes by lane (core/budget.h): a
// lane whose server reads slowly keeps large ones for long, and the others' are made all the same.
// One that finds no room is dropped and made again when there is some: its size is known only then.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/core/budget.h"
#include "daemon/core/delivery.h"
#include "daemon/net/worker_pool.h"

namespace egd::queue {

// Counts against the pool's bytes until the last copy goes; must not outlive the pool.
using PreparedMessage = std::shared_ptr<const core::OutgoingMessage>;

class SigningPool {
 public:
  using Done = std::function<void(Result<PreparedMessage>)>;

  SigningPool(core::DeliveryLedger& ledger, size_t threads, size_t max_bytes);
  ~SigningPool();  // Interrupt, Join

  void Start();
  void Interrupt();  // what was asked for is still made, where there is room for it
  void Join();

  // The message as `recipient` gets it, for that lane. `share`: others will ask for the same
  // message. `done` runs once, on a signing thread or before Prepare returns; after Interrupt
  // perhaps never.
  void Prepare(const core::DueRecipient& recipient, const std::string& lane, bool share, Done done);

 private:
  struct Job {
    core::DueRecipient recipient;
    std::string lane;
    Done done;
    bool shared = false;
    size_t reserved = 0;  // bytes, once there is room
  };
  // A message that several ask for, while it is made and as long as somebody has it.
  struct Shared {
    bool making = false;
    std::weak_ptr<const core::OutgoingMessage> made;
    std::vector<Job> waiting;  // for the one being made; bounded as the queue
  };

  void Make(Job job);
  bool Reserve(Job& job, size_t bytes);
  void Return(const std::string& lane, size_t bytes);
  PreparedMessage Count(core::OutgoingMessage message, const Job& job);
  void LetGo(const std::string& lane, size_t bytes, const Uuid& id);
  bool JoinOthers(Job& job, PreparedMessage& ready);
  void Serve(Job job, Result<PreparedMessage> message);
  std::vector<Job> EndMaking(const Job& job, const Result<PreparedMessage>& message);
  void Remember(PreparedMessage message);

  core::DeliveryLedger& ledger_;
  const size_t max_bytes_;
  std::mutex mutex_;
  core::Budget bytes_;                  // under mutex_
  std::map<Uuid, Shared> shared_;       // under mutex_
  std::deque<PreparedMessage> recent_;  // under mutex_; the last shared ones
  net::WorkerPool<Job> workers_;        // its queue is bounded by the lanes' connections
};

}  // namespace egd::queue
