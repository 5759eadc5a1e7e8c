// What the lanes are doing, for operators: each lane writes its line, anyone reads. Thread-safe.
//
// Bounded: beyond kMostLanes, lines of lanes without a connection make room.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/guarded.h"

namespace egd::queue {

struct LaneStatus {
  std::string lane;  // its name
  size_t connections = 0;
  size_t waiting = 0;         // transactions in memory that no connection has yet
  UnixMillis down_until = 0;  // 0: not down
  bool slow = false;          // fewer connections for a while: the server distrusts us
  std::string last_reply;     // of the last attempt, or why there was none
  UnixMillis last_reply_at = 0;
};

class LaneBoard {
 public:
  static constexpr size_t kMostLanes = 10'000;

  // Everything but the last reply, which stays as it was.
  void Report(const LaneStatus& status);
  void Heard(const std::string& lane, std::string reply, UnixMillis at);
  // The destination's mail goes by that lane.
  void Assign(const std::string& destination, const std::string& lane);
  std::string LaneOf(const std::string& destination) const;  // itself when none was assigned
  std::optional<LaneStatus> Find(const std::string& destination) const;

 private:
  struct Lines {
    std::map<std::string, LaneStatus> by_lane;
    std::map<std::string, std::string> lane_of;  // destinations whose lane has another name
  };
  static LaneStatus& LineOf(Lines& lines, const std::string& lane);
  Guarded<Lines> lines_;
};

}  // namespace egd::queue
