#include "daemon/core/principal.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::core {

bool HasPermission(const Principal& principal, std::string_view permission) {
  if (permission.empty() || principal.kind == PrincipalKind::kAdmin) return true;
  return std::any_of(principal.permissions.begin(), principal.permissions.end(),
                     [&](const auto& held) { return EqualsIgnoreCase(held, permission); });
}

}  // namespace egd::core
