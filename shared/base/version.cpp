#include "shared/base/version.h"

namespace egd {
std::string_view Version() {
  return EGD_VERSION;
}
}  // namespace egd
