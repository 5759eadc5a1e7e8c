// Takes opens and clicks from the tracking server and makes events of them. Policy:
//  - Nobody waits for a commit: hits are queued in memory, and all that wait go into the next
//    commit together, up to kBatch. kill -9 loses what waits: milliseconds' worth, or as much as
//    the store is behind. A stop writes it all, unless that takes longer than kLongestStop.
//  - Each is judged when it is written (tracking/hit_rules.h), and once more, with what came beside
//    it, when its recipient's window closes: kHitWindow after the first hit. Webhooks hear of it
//    then.
//  - A hit on a message that was purged leaves no event. When the queue is full, or the store
//    refuses for longer than it holds, hits are lost and the log says how many.
//  - What is kept of the client's address: [tracking] store_ip.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/tracking/hit_token.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"

namespace egd::service {

enum class StoredAddress { kFull, kTruncated, kNone };

struct HitReport {
  tracking::HitToken token;
  std::string url;  // of a click: where it led
  UnixMillis at = 0;
  std::string method;  // tracking::Hit::method
  std::string user_agent, address;
};

// Owned by Daemon. Thread-safe.
class HitLog {
 public:
  static constexpr size_t kMostWaiting = 100'000;  // five seconds at 20,000 a second, some 60 MB
  static constexpr size_t kBatch = 1000;           // a job of about 50 ms

  HitLog(store::Store& store, const Clock& clock, StoredAddress stored_address);
  ~HitLog();

  void Start();
  void Add(HitReport report);  // never blocks
  void Interrupt();
  void Join();  // until all hits are written, or kLongestStop has passed

  // One round of closing windows; returns when the next one closes, 0: none is open. For tests and
  // the ticker.
  Result<UnixMillis> CloseWindows();

 private:
  using Reports = std::vector<HitReport>;
  static constexpr std::chrono::seconds kLongestStop{60};  // the unit allows 120

  void WriteNext();
  void Written(std::shared_ptr<Reports> reports, const Result<void>& result);
  void Record(store::Transaction& transaction, const HitReport& report) const;
  std::chrono::milliseconds Tick();

  store::Store& store_;
  const Clock& clock_;
  const StoredAddress stored_address_;
  std::mutex mutex_;
  std::condition_variable all_written_;
  std::deque<HitReport> waiting_;  // under mutex_, as is what follows
  bool writing_ = false;
  uint64_t lost_ = 0;
  Ticker ticker_{"egd-hits", [this] { return Tick(); }};
};

}  // namespace egd::service
