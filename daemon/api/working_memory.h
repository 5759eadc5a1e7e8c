// Memory that answering takes besides the request and the reply themselves: room for it is taken
// before a request gets a thread, so that a crowd of large ones is answered by few at a time and the
// small ones pass. What a caller may hold of it: core::Budget.
//
// Thread-safe. It must outlive the rooms it gives.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/budget.h"
#include "shared/base/guarded.h"

namespace egd::api {

class WorkingMemory {
 public:
  // Given back when the last that has it goes; null when no bytes were asked for.
  using Room = std::shared_ptr<const void>;
  using Then = std::function<void(Room)>;

  // Callers with one key that may wait at once: some seconds' worth.
  static constexpr size_t kWaitingEach = 64;

  // `most_waiting`: callers that may wait at once.
  WorkingMemory(size_t bytes, size_t most_waiting)
      : most_waiting_(most_waiting), budget_(bytes, bytes / 8) {}

  // Calls `then` with room for `bytes`, now or from whoever gives back enough. False: too many wait.
  bool Take(const std::string& key, size_t bytes, const Then& then) {
    if (bytes == 0) {
      then(nullptr);
      return true;
    }
    enum class Turn { kNow, kLater, kNever };
    const Turn turn = budget_.With([&](core::Budget& budget) {
      if (budget.TryTake(key, bytes)) return Turn::kNow;
      const bool full = budget.waiting() >= most_waiting_ || budget.WaitingOf(key) >= kWaitingEach;
      if (full) return Turn::kNever;
      (void)budget.TakeOrWait(key, bytes, [this, key, bytes, then] { then(RoomOf(key, bytes)); });
      return Turn::kLater;
    });
    if (turn == Turn::kNow) then(RoomOf(key, bytes));
    return turn != Turn::kNever;
  }

 private:
  Room RoomOf(const std::string& key, size_t bytes) {
    return {this, [this, key, bytes](const void*) {
              const auto granted =
                  budget_.With([&](core::Budget& budget) { return budget.Return(key, bytes); });
              for (const auto& next : granted) next();
            }};
  }

  const size_t most_waiting_;
  Guarded<core::Budget> budget_;
};

}  // namespace egd::api
