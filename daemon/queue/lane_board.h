// What the lanes are doing, for operators: each lane writes its line, anyone reads. Thread-safe.
//
// Bounded: beyond kMostLanes, lines of lanes without a connection make room; beyond
// kMostDestinations, the destinations that were not used for longest.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/guarded.h"

namespace egd::queue {

struct LaneRest {
  UnixMillis until = 0;
  std::string why;
};

struct LaneStatus {
  std::string lane;  // its name
  size_t connections = 0;
  size_t waiting = 0;         // transactions in memory that no connection has yet
  UnixMillis down_until = 0;  // 0: it does not rest
  std::string waits_for;      // while it rests: why, in words that name nobody's mail
  std::map<int64_t, LaneRest> of_sender_domain;  // whose mail alone rests there
  UnixMillis put_off_until = 0;  // when mail that found no room comes again; 0: all found some
  bool slow = false;             // fewer connections for a while
  std::string last_reply;        // of the last attempt, or why there was none
  UnixMillis last_reply_at = 0;
};

class LaneBoard {
 public:
  static constexpr size_t kMostLanes = 10'000;
  static constexpr size_t kMostDestinations = 200'000;  // some 30 MB

  // Everything but the last reply, which stays as it was.
  void Report(const LaneStatus& status);
  void Heard(const std::string& lane, std::string reply, UnixMillis at);
  // The destination's mail goes by that lane.
  void Assign(const std::string& destination, const std::string& lane);
  std::string LaneOf(const std::string& destination) const;  // itself when none was assigned
  std::optional<LaneStatus> Find(const std::string& destination) const;

 private:
  struct Assigned {
    std::string lane;
    std::list<std::string>::iterator age;
  };
  struct Lines {
    std::map<std::string, LaneStatus> by_lane;
    std::map<std::string, Assigned> lane_of;  // destinations whose lane has another name
    std::list<std::string> by_age;            // those, the longest unused first
  };
  static LaneStatus& LineOf(Lines& lines, const std::string& lane);
  Guarded<Lines> lines_;
};

}  // namespace egd::queue
