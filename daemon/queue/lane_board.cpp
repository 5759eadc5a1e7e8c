#include "daemon/queue/lane_board.h"

#include <algorithm>

namespace egd::queue {

LaneStatus& LaneBoard::LineOf(Lines& lines, const std::string& lane) {
  auto& by_lane = lines.by_lane;
  const auto found = by_lane.find(lane);
  if (found != by_lane.end()) return found->second;
  if (by_lane.size() >= kMostLanes) {
    const auto idle = std::find_if(by_lane.begin(), by_lane.end(), [](const auto& line) {
      return line.second.connections == 0 && line.second.waiting == 0;
    });
    by_lane.erase(idle == by_lane.end() ? by_lane.begin() : idle);
  }
  LaneStatus& line = by_lane[lane];
  line.lane = lane;
  return line;
}

void LaneBoard::Report(const LaneStatus& status) {
  lines_.With([&](Lines& lines) {
    LaneStatus& line = LineOf(lines, status.lane);
    std::string last_reply = std::move(line.last_reply);
    const UnixMillis last_reply_at = line.last_reply_at;
    line = status;
    line.last_reply = std::move(last_reply);
    line.last_reply_at = last_reply_at;
  });
}

void LaneBoard::Heard(const std::string& lane, std::string reply, UnixMillis at) {
  lines_.With([&](Lines& lines) {
    LaneStatus& line = LineOf(lines, lane);
    line.last_reply = std::move(reply);
    line.last_reply_at = at;
  });
}

void LaneBoard::Assign(const std::string& destination, const std::string& lane) {
  lines_.With([&](Lines& lines) {
    const auto known = lines.lane_of.find(destination);
    if (known != lines.lane_of.end()) {
      known->second.lane = lane;
      lines.by_age.splice(lines.by_age.end(), lines.by_age, known->second.age);
      return;
    }
    if (lines.lane_of.size() >= kMostDestinations) {
      lines.lane_of.erase(lines.by_age.front());
      lines.by_age.pop_front();
    }
    const auto age = lines.by_age.insert(lines.by_age.end(), destination);
    lines.lane_of[destination] = {lane, age};
  });
}

std::string LaneBoard::LaneOf(const std::string& destination) const {
  return lines_.With([&](const Lines& lines) {
    const auto found = lines.lane_of.find(destination);
    return found == lines.lane_of.end() ? destination : found->second.lane;
  });
}

std::optional<LaneStatus> LaneBoard::Find(const std::string& destination) const {
  const std::string lane = LaneOf(destination);
  return lines_.With([&](const Lines& lines) -> std::optional<LaneStatus> {
    const auto found = lines.by_lane.find(lane);
    if (found == lines.by_lane.end()) return std::nullopt;
    return found->second;
  });
}

}  // namespace egd::queue
