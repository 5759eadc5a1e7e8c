// Forgets an address: what its holder may ask for, and the operator has to do. Policy:
//  - At once, and before anything else: no user sends to it any more. Their suppression lists hold a
//    keyed hash of it (store/suppression_store.h), which the master key belongs to.
//  - Then all that names it (store/subject_store.h), in small jobs on a thread of its own, also
//    after kill -9 or a restart: it is marked in the job that begins it. What is about its holder
//    goes; where that would change what others see or statistics count, an alias takes its place,
//    which is new each time and says nothing. Its domain stays, as in statistics.
//  - Mail that is still queued to it is cancelled. What a server is being handed just now is waited
//    for, and so is mail to others whose content names it: nothing of theirs is lost. Their contents
//    go when the last of them is finished.
//  - What was deleted is overwritten too, in the database, its log and the segments.
// Not touched: backups, logs, users' settings and accounts.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/email_address.h"
#include "daemon/service/sending/smtp_sessions.h"
#include "daemon/store/erasure_store.h"
#include "daemon/store/store.h"
#include "daemon/store/subject_store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"

namespace egd::service {

struct ErasurePage {
  std::vector<store::Erasure> erasures;  // newest first
  int64_t total = 0;
};

// Owned by Daemon. Thread-safe; has one thread, `egd-erase`.
class Erasures {
 public:
  Erasures(store::Store& store, const Clock& clock, SmtpSessions& sessions)
      : store_(store), clock_(clock), sessions_(sessions) {}

  void Start() { ticker_.Start(); }
  void Interrupt();
  void Join() { ticker_.Join(); }

  // Begins, or joins one of the same address, and waits for its end for at most `patience`. Errors:
  // the store's kUnavailable and kInternal.
  Result<store::Erasure> Erase(const core::EmailAddress& address,
                               std::chrono::milliseconds patience);
  Result<ErasurePage> List(int64_t offset, int64_t limit);

  // Does what can be done now; returns when to look again. What the thread does; tests call it
  // themselves.
  std::chrono::milliseconds RunDue();

 private:
  // Of an erasure in this process: a restart begins it again, and finds what is left.
  struct Progress {
    bool looked_at_queue = false, swept = false;
    std::vector<int64_t> leased;    // recipients
    std::vector<int64_t> alone;     // messages, by number
    std::vector<int64_t> contents;  // that are to go, by their messages' numbers
  };
  struct Work;  // one erasure's

  // Returns when to go on; nothing when it is finished.
  std::optional<std::chrono::milliseconds> Advance(const store::Erasure& erasure);
  void EraseQueued(Work& work);
  void EraseTable(Work& work, const store::SubjectTable& table);
  void FindContents(Work& work);
  void EraseContents(Work& work);
  void OverwriteFreePages();
  bool Stops() const { return ticker_.Interrupted(); }

  store::Store& store_;
  const Clock& clock_;
  SmtpSessions& sessions_;
  std::map<int64_t, Progress> progress_;  // of the thread
  std::mutex mutex_;
  std::condition_variable finished_;
  bool log_has_more_ = true;  // of the thread: there may be something of an address in it
  uint64_t rounds_ = 0;       // with the next under mutex_
  bool interrupted_ = false;
  Ticker ticker_{"egd-erase", [this] { return RunDue(); }};
};

}  // namespace egd::service
