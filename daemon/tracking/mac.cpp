#include "daemon/tracking/mac.h"

#include <cstdint>

namespace egd::tracking {

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    difference |= unsigned(uint8_t(a[i]) ^ uint8_t(b[i]));
  }
  return difference == 0;
}

}  // namespace egd::tracking
