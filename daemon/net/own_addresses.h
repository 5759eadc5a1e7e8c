// This machine's own addresses, for the address guard: mail sent to one of them would come back.
#pragma once

#include <vector>

#include "daemon/core/ip_network.h"

namespace egd::net {

// Of all interfaces, now. Throws std::runtime_error when the kernel does not say: a guard that does
// not know them guards nothing, so egd does not start.
std::vector<core::IpAddress> OwnAddresses();

// Says of any address whether it is the machine's at that moment: the kernel tells of each change
// (rtnetlink(7)), and then they are read again. If that fails, which is logged, those known before
// stay. May be copied; thread-safe; the call does not block. Throws as OwnAddresses.
core::AddressGuard::IsOwn WatchOwnAddresses();

}  // namespace egd::net
