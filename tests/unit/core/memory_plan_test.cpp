#include "daemon/core/memory_plan.h"

#include <catch2/catch.hpp>

namespace egd::core {

TEST_CASE("small memory is divided, large memory is not filled") {
  constexpr uint64_t kMiB = 1024 * 1024;
  const MemoryPlan small = PlanMemory(256 * kMiB, 40 * kMiB);
  CHECK(small.held + small.tracking + small.answering + small.prepared + small.spool <= 160 * kMiB);
  CHECK(small.largest_body >= 10 * kMiB);
  CHECK(small.largest_body * kAnsweringPerByte <= small.answering);

  const MemoryPlan large = PlanMemory(64 * 1024 * kMiB, 40 * kMiB);
  CHECK(large.held == 1024 * kMiB);
  CHECK(large.largest_body >= 40 * kMiB);  // the default of http.max_body_bytes
  CHECK(PlanMemory(1024 * kMiB, 40 * kMiB).largest_body == large.largest_body);
}

TEST_CASE("larger bodies get what they need where there is memory for them") {
  constexpr uint64_t kMiB = 1024 * 1024;
  CHECK(PlanMemory(64 * 1024 * kMiB, 100 * kMiB).largest_body >= 100 * kMiB);
  CHECK(PlanMemory(1024 * kMiB, 100 * kMiB).largest_body < 100 * kMiB);
}

}  // namespace egd::core