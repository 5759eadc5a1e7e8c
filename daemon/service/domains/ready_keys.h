// DKIM keys made ahead. An RSA key takes 0.1 s of CPU, for which who adds a domain would wait.
#pragma once

#include <chrono>
#include <deque>

#include "daemon/dkim/private_key.h"
#include "shared/base/guarded.h"
#include "shared/base/ticker.h"

namespace egd::service {

// Keeps some RSA keys in memory, about 2 KB each, on one thread, `egd-keys`, which takes only the
// CPU that nobody else wants. What is there when the process ends is lost, and has never been used.
// Owned by Daemon. Thread-safe.
class ReadyKeys {
 public:
  // `wanted`: how many to keep; 0: none, and no thread.
  explicit ReadyKeys(size_t wanted) : wanted_(wanted) {}

  void Start();
  void Interrupt() { ticker_.Interrupt(); }  // after the key under way
  void Join() { ticker_.Join(); }

  // One that nobody else gets: a ready one, else one made now, as GenerateKey does.
  dkim::KeyPair Take(core::DkimAlgorithm algorithm);

  size_t count() const;

 private:
  // All that are wanted, or as many as there is time for.
  std::chrono::milliseconds Fill();

  const size_t wanted_;
  Guarded<std::deque<dkim::KeyPair>> keys_;
  bool is_nice_ = false;  // of the thread
  Ticker ticker_{"egd-keys", [this] { return Fill(); }};
};

}  // namespace egd::service
