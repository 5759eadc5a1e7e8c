// Takes opens and clicks from the tracking server and makes events of them. Policy:
//  - Nobody waits for a commit: one thread writes hits to a journal (hit_journal.h) as they come,
//    all that wait at once, and another makes events of what is there, as fast as the store takes
//    them. kill -9 loses what is not in the journal, some milliseconds' worth; an orderly stop
//    loses nothing, and what is no event by then becomes one after the next start.
//  - Each is judged when it is recorded (tracking/hit_rules.h), and once more, with what came
//    beside it, when its recipient's window closes: kHitWindow after the first hit. Webhooks hear
//    of it then.
//  - A hit on a message that was purged, or of an address that was erased, leaves no event. When the journal is full, or the disk
//    fails for longer than memory holds them, hits are lost and the log says how many.
//  - What is kept of the client's address: [tracking] store_ip.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/service/tracking/hit_journal.h"
#include "daemon/service/tracking/hit_report.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"

namespace egd::service {

enum class StoredAddress { kFull, kTruncated, kNone };

// Owned by Daemon. Thread-safe.
class HitLog {
 public:
  // Bytes of those that are not in the journal yet: five seconds at 20,000 a second. Beyond them, as
  // when the disk takes nothing, hits are lost and counted.
  static constexpr size_t kMostWaiting = 64 * 1024 * 1024;
  static constexpr size_t kBatch = 500;  // a job of some 25 ms

  HitLog(store::Store& store, const Clock& clock, StoredAddress stored_address,
         const std::string& data_dir);
  ~HitLog();

  Result<void> Start();        // kUnavailable: the journal's directory cannot be used
  void Add(HitReport report);  // never blocks
  void Interrupt();
  void
  Join();  // until all hits are in the journal, and for up to kLongestStop until they are events

  // One round of closing windows; returns when the next one closes, 0: none is open. For tests and
  // the ticker.
  Result<UnixMillis> CloseWindows();

 private:
  static constexpr std::chrono::seconds kLongestStop{2};

  Result<void> OpenJournal();
  void WriteJournal();
  bool RecordBatch();
  void Record(store::Transaction& transaction, const HitReport& report) const;
  std::chrono::milliseconds Tick();

  store::Store& store_;
  const Clock& clock_;
  const StoredAddress stored_address_;
  std::mutex mutex_;
  std::vector<HitReport> waiting_;  // under mutex_, as are the next three
  size_t waiting_bytes_ = 0;        // also of those that are just being written
  bool is_failing_ = false;         // the journal took nothing
  uint64_t lost_ = 0;
  HitJournal journal_;
  store::HitPlace place_;  // what is behind it is not recorded yet
  size_t batches_ = 0;     // recorded since windows were closed
  const Result<void> opened_;
  Ticker writer_{"egd-hit-log", [this] {
                   WriteJournal();
                   return std::chrono::milliseconds(1000);  // Add wakes it; this is for failures
                 }};
  Ticker recorder_{"egd-hits", [this] { return Tick(); }};
};

}  // namespace egd::service
