// Hits that are not events yet, in append-only files `<data_dir>/hits/NNNNNNNN`: what was written
// survives kill -9, however far behind the store is. Policy:
//  - Not synced: a power cut costs what the store had not taken yet, some seconds' worth.
//  - The store keeps, with the events that it takes, up to which place it took them
//    (store/hit_store.h), so that none becomes an event twice. A file that it is done with goes;
//    addresses that [tracking] store_ip does not keep are on the disk until then, about kFileAge.
//  - Each start begins a new file, with a greater number than any place that the store names. The
//    end of an older file may be half a hit.
//  - Beyond kMostBytes hits are refused.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/service/tracking/hit_report.h"
#include "daemon/store/hit_store.h"
#include "shared/base/clock.h"
#include "shared/base/guarded.h"
#include "shared/base/result.h"

namespace egd::service {

// Owned by HitLog. One thread appends, one reads; both may be the same.
class HitJournal {
 public:
  static constexpr int64_t kFileBytes = 16 << 20;      // about; then the next file begins,
  static constexpr std::chrono::seconds kFileAge{10};  // or then
  static constexpr int64_t kMostBytes = 1 << 30;       // some three million hits

  HitJournal(const std::string& data_dir, const Clock& clock);
  HitJournal(const HitJournal&) = delete;
  HitJournal& operator=(const HitJournal&) = delete;
  ~HitJournal();

  // Before all else; `taken`: the store's place. kUnavailable: the directory cannot be used.
  Result<void> Open(store::HitPlace taken);
  // All of them, or none: kUnavailable when the disk takes nothing, or the journal is full.
  Result<void> Append(const std::vector<HitReport>& reports);
  // Ends a file of kFileAge. By who appends, when there is nothing to append.
  void EndOldFile();
  // Up to `most` from `place` on, which moves behind them. None: there are no more.
  std::vector<HitReport> Read(store::HitPlace& place, size_t most) const;
  // Nothing before `place` is read any more.
  void Forget(store::HitPlace place);

 private:
  std::string PathOf(int64_t number) const;
  bool IsFinished() const;
  Result<void> BeginFile();
  void EndFile();

  const std::string folder_;
  const Clock& clock_;
  int file_ = -1;       // the appender's, as the next three; -1: it begins with the next hit
  int64_t number_ = 0;  // of it
  int64_t size_ = 0;    // of it
  std::chrono::steady_clock::time_point begun_at_;
  Guarded<store::HitPlace> end_;   // of what was written whole
  std::atomic<int64_t> bytes_{0};  // of all files
  int64_t first_ = 0;              // the reader's: those before it are gone
};

}  // namespace egd::service
