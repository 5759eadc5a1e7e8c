#include "daemon/queue/lane_board.h"

#include <algorithm>

namespace egd::queue {

LaneStatus& LaneBoard::LineOf(Lines& lines, const std::string& destination) {
  const auto found = lines.find(destination);
  if (found != lines.end()) return found->second;
  if (lines.size() >= kMostLanes) {
    const auto idle = std::find_if(lines.begin(), lines.end(), [](const auto& line) {
      return line.second.connections == 0 && line.second.waiting == 0;
    });
    lines.erase(idle == lines.end() ? lines.begin() : idle);
  }
  LaneStatus& line = lines[destination];
  line.destination = destination;
  return line;
}

void LaneBoard::Report(const LaneStatus& status) {
  lines_.With([&](Lines& lines) {
    LaneStatus& line = LineOf(lines, status.destination);
    line.connections = status.connections;
    line.waiting = status.waiting;
    line.down_until = status.down_until;
    line.slow = status.slow;
  });
}

void LaneBoard::Heard(const std::string& destination, std::string reply, UnixMillis at) {
  lines_.With([&](Lines& lines) {
    LaneStatus& line = LineOf(lines, destination);
    line.last_reply = std::move(reply);
    line.last_reply_at = at;
  });
}

std::optional<LaneStatus> LaneBoard::Find(const std::string& destination) const {
  return lines_.With([&](const Lines& lines) -> std::optional<LaneStatus> {
    const auto found = lines.find(destination);
    if (found == lines.end()) return std::nullopt;
    return found->second;
  });
}

}  // namespace egd::queue
