// This machine's own addresses, for the address guard: mail sent to one of them would come back.
#pragma once

#include <vector>

#include "daemon/core/ip_network.h"

namespace egd::net {

// Of all interfaces, now. Throws std::runtime_error when the kernel does not say: a guard that does
// not know them guards nothing, so egd does not start.
std::vector<core::IpAddress> OwnAddresses();

}  // namespace egd::net
