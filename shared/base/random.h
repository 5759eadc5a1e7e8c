// Random bytes from the kernel (getrandom(2)): fit for keys. Thread-safe; blocks only before the
// kernel is seeded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace egd {

std::string RandomBytes(size_t count);
uint64_t RandomBelow(uint64_t bound);  // uniform in [0, bound); bound > 0

}  // namespace egd
