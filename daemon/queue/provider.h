// A mail provider that an operator's [[destination]] row names by its mail hosts: its limits hold
// for all its customers' lanes together. Lives on the lanes' thread; not thread-safe, save `room`.
//
// Connections are slots. A lane that finds none waits for its turn, those with the fewest first.
// Meanwhile idle connections of the others end, and after kTurn busy ones of lanes that have more.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <string>

#include "daemon/core/budget.h"
#include "daemon/queue/drain_rate.h"
#include "daemon/queue/lane_limits.h"
#include "shared/base/guarded.h"

namespace egd::queue {

class Lane;

// How fast mail flows: a lane's own, or shared by a provider's lanes.
struct Flow {
  DrainRate rate{std::chrono::steady_clock::now()};
  std::chrono::steady_clock::time_point put_off_until{};    // the last that was put off
  std::chrono::steady_clock::time_point next_message_at{};  // with messages_per_minute
};

class Provider {
 public:
  // Long enough to be worth a handshake, short enough that a hundred lanes get theirs soon.
  static constexpr std::chrono::milliseconds kTurn{1000};
  // Recipients in its lanes' memory: what many connections carry in some seconds.
  static constexpr size_t kRoom = 1000;
  static constexpr size_t kGuaranteedRoom = 20;  // to each lane

  explicit Provider(const LaneLimits& limits)
      : name(limits.provider), slots_(limits.provider_connections) {}

  // True: `lane` may have one connection more. False: it waits, until a slot is free and its Grow
  // is called, or Leave.
  bool TakeSlot(Lane& lane);
  void ReturnSlot(Lane& lane);
  void Leave(const Lane& lane);  // it waits no longer
  // Whether another lane should have one of `lane`'s connections, which `is_idle` or is not.
  bool IsWanted(Lane& lane, bool is_idle) const;
  bool IsIdle() const { return held_.empty(); }

  const std::string name;
  Guarded<core::Budget> room{kRoom, kGuaranteedRoom};  // by lane
  Flow flow;

 private:
  size_t HeldBy(Lane* lane) const;

  const size_t slots_;
  size_t used_ = 0;
  std::map<Lane*, size_t> held_;  // only lanes that hold some
  std::list<Lane*> waiting_;      // by arrival, each once
};

}  // namespace egd::queue
