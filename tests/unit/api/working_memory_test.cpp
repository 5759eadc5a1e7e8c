#include "daemon/api/working_memory.h"

#include <vector>

#include <catch2/catch.hpp>

namespace egd::api {

TEST_CASE("who waits for much memory keeps nobody with little from theirs") {
  WorkingMemory memory(800, 1000);
  std::vector<WorkingMemory::Room> greedy;
  const auto keep = [&](WorkingMemory::Room room) { greedy.push_back(std::move(room)); };
  size_t taken = 0;
  while (memory.Take("greedy", 100, keep)) ++taken;
  CHECK(taken == greedy.size() + WorkingMemory::kWaitingEach);
  WorkingMemory::Room other;
  CHECK(memory.Take("other", 100, [&](WorkingMemory::Room room) { other = std::move(room); }));
  CHECK(other);
  const auto give_one_back = [&] {
    WorkingMemory::Room room = std::move(greedy.back());
    greedy.pop_back();
    room.reset();
  };
  const size_t before = greedy.size();
  give_one_back();
  CHECK(greedy.size() == before);  // the next one's turn
  size_t given_back = 1;
  for (; !greedy.empty(); ++given_back) give_one_back();
  CHECK(given_back == taken);  // everybody's turn came
}

TEST_CASE("who asks for nothing gets nothing, at once") {
  WorkingMemory memory(1, 0);
  bool called = false;
  CHECK(memory.Take("a", 0, [&](const WorkingMemory::Room& room) { called = room == nullptr; }));
  CHECK(called);
}

}  // namespace egd::api
