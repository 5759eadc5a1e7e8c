// Which stored opens and clicks are machines', and why: for the window that closes, for
// classifyhit, and for reclassify, which applies today's rules to yesterday's hits.
#pragma once

#include <cstdint>

#include "daemon/core/event.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/store.h"
#include "daemon/tracking/hit_rules.h"
#include "shared/base/clock.h"

namespace egd::service {

// What the rules look at, of a stored open or click.
tracking::Hit HitOf(const core::Event& event, const store::Delivered& delivered);

// Judges the window's hits at or after `since` together, and keeps what changed. Returns how many
// it looked at and how many changed.
struct Judged {
  int64_t examined = 0, changed = 0;
};
Judged JudgeAgain(store::HitStore& hits, const store::HitWindow& window, UnixMillis since);

struct ExplainedHit {
  core::Event event;
  tracking::HitVerdict verdict;  // today's
};

// Owned by Daemon. Thread-safe; blocks on the store.
class HitVerdicts {
 public:
  explicit HitVerdicts(store::Store& store) : store_(store) {}

  // kNotFound: no such event, or it is no open or click.
  Result<ExplainedHit> Explain(int64_t sequence);
  // In jobs of some milliseconds, so that nothing else waits for long.
  Result<Judged> Reclassify(UnixMillis since);

 private:
  store::Store& store_;
};

}  // namespace egd::service
