// Listening sockets that whoever started the process has opened for it, as systemd does for a
// .socket unit (sd_listen_fds(3)). They outlive the process: while it restarts, connections wait in
// them and none is refused. Which of them is used the configuration says, by its addresses.
// Thread-safe: the environment and those descriptors do not change.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace egd::net {

// Their addresses, as listener.h writes them: "127.0.0.1:25", "[::]:25" or a Unix path.
std::vector<std::string> InheritedAddresses();

// A new descriptor, which the caller closes, of the one that listens on `address`; nothing if none
// does.
std::optional<int> DuplicateInherited(const std::string& address);

}  // namespace egd::net
