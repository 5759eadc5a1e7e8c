#include "daemon/queue/lane_board.h"

#include <catch2/catch.hpp>

namespace egd::queue {

TEST_CASE("A report replaces all but the last reply") {
  LaneBoard board;
  board.Heard("lane", "450 later", 5);
  LaneStatus status;
  status.lane = "lane";
  status.waits_for = "no one there";
  status.down_until = 9;
  board.Report(status);
  const auto seen = board.Find("lane");
  REQUIRE(seen);
  CHECK(seen->last_reply == "450 later");
  CHECK(seen->waits_for == "no one there");
}

TEST_CASE("Of too many destinations those that were not used for longest are forgotten") {
  LaneBoard board;
  for (size_t i = 0; i < LaneBoard::kMostDestinations; ++i) {
    board.Assign("d" + std::to_string(i), "lane");
  }
  board.Assign("d0", "lane");
  board.Assign("new", "lane");
  CHECK(board.LaneOf("d0") == "lane");
  CHECK(board.LaneOf("new") == "lane");
  CHECK(board.LaneOf("d1") == "d1");
  CHECK(board.LaneOf("d2") == "lane");
}

}  // namespace egd::queue
