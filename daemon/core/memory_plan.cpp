#include "daemon/core/memory_plan.h"

#include <algorithm>

namespace egd::core {

namespace {
constexpr uint64_t kMiB = 1024 * 1024;
}  // namespace

// Of 256 MiB: 40 held, 8 at the tracking server, 64 for answers, 16 each for mail out and in; the rest is the program with its
// caches and threads (some 45), passwords being checked (38), and what the allocator keeps.
MemoryPlan PlanMemory(uint64_t bytes, uint64_t wanted_body) {
  const auto part = [bytes](uint64_t divisor, uint64_t most) {
    return std::min(bytes / divisor, most);
  };
  const uint64_t answering = part(4, std::max(256 * kMiB, wanted_body * kAnsweringPerByte));
  return {.connections = bytes / (64 * 1024),
          .held = part(6, 1024 * kMiB),
          .tracking = part(32, 128 * kMiB),
          .answering = answering,
          .largest_body = answering / kAnsweringPerByte,
          .prepared = part(16, 128 * kMiB),
          .spool = part(16, 128 * kMiB)};
}

}  // namespace egd::core
