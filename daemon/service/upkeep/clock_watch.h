// Notices a wall clock that was set back, and moves what waits for its time back with it: else a
// retry in a minute would come in an hour and a minute. A clock that was set forward makes retries
// due early, and what is to go out at a time of its sender's on time: nothing is to be done.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "daemon/store/store.h"
#include "daemon/store/waiting_store.h"
#include "shared/base/clock.h"
#include "shared/base/ticker.h"

namespace egd::service {

// Has one thread, `egd-clock`. Owned by Daemon; Start once.
class ClockWatch {
 public:
  // Runs on the watch's thread, after what is stored was moved back by so much.
  using SetBack = std::function<void(UnixMillis by)>;

  ClockWatch(store::Store& store, const Clock& clock, SetBack on_set_back)
      : store_(store), clock_(clock), on_set_back_(std::move(on_set_back)) {}

  void Start() { ticker_.Start(); }
  void Interrupt() { ticker_.Interrupt(); }  // after the commit under way
  void Join() { ticker_.Join(); }

  // Compares the wall clock with the steady one since the last call. A failure of the store is
  // logged, and what is left is the next call's.
  void Look();

 private:
  struct Move {
    UnixMillis by = 0;
    store::MovedWaits done;
  };
  // What a daemon that adjusts the clock may do (NTP slews; it steps from 128 ms): no retry is so
  // exact.
  static constexpr UnixMillis kTolerance = 1000;
  static constexpr std::chrono::milliseconds kTick = std::chrono::seconds(1);

  UnixMillis Ahead() const;  // the wall clock of the steady one; any number, while neither is set
  bool MoveOn();             // false: the store failed

  store::Store& store_;
  const Clock& clock_;
  const SetBack on_set_back_;
  UnixMillis ahead_ = Ahead();
  std::optional<Move> move_;  // under way
  Ticker ticker_{"egd-clock", [this] {
                   Look();
                   return kTick;
                 }};
};

}  // namespace egd::service
