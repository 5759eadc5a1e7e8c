#include "shared/base/random.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/random.h>

namespace egd {

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t filled = 0; filled < count;) {
    const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    filled += size_t(got);
  }
  return bytes;
}

uint64_t RandomBelow(uint64_t bound) {
  const uint64_t limit =
      UINT64_MAX - UINT64_MAX % bound;  // beyond it the remainder would be biased
  for (;;) {
    uint64_t value = 0;
    std::memcpy(&value, RandomBytes(sizeof value).data(), sizeof value);
    if (value < limit) return value % bound;
  }
}

}  // namespace egd
