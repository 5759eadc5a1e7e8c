#include "daemon/service/upkeep/clock_watch.h"

#include <algorithm>
#include <string>

#include "shared/base/log.h"

namespace egd::service {
namespace {

// Some 10 µs each: 5 ms of the writer's time.
constexpr size_t kMovedAtOnce = 500;

}  // namespace

UnixMillis ClockWatch::Ahead() const {
  using std::chrono::milliseconds;
  const auto steady = clock_.Steady().time_since_epoch();
  return clock_.Now() - std::chrono::duration_cast<milliseconds>(steady).count();
}

void ClockWatch::Look() {
  if (move_ && !MoveOn()) return;
  const UnixMillis before = std::exchange(ahead_, Ahead());
  const UnixMillis by = before - ahead_;
  if (by <= kTolerance) return;
  log::Warning("the clock was set back", {{"seconds", std::to_string(by / 1000)}});
  move_ = Move{by, {}};
  MoveOn();
}

bool ClockWatch::MoveOn() {
  while (move_->done.table != store::MovedWaits::Table::kEnd) {
    if (ticker_.Interrupted()) return false;
    store::MovedWaits done = move_->done;
    const Result<void> moved = store_.Write([&](store::Transaction& transaction) {
      done = move_->done;
      store::WaitingStore(transaction).MoveBack(move_->by, clock_.Now(), kMovedAtOnce, done);
    });
    if (!moved) {
      log::Warning("what waits was not moved back with the clock, trying again",
                   {{"detail", moved.error().detail}});
      return false;
    }
    move_->done = done;
  }
  on_set_back_(move_->by);
  move_.reset();
  return true;
}

}  // namespace egd::service
