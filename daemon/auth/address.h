// Client addresses as authentication compares and counts them. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd::auth {

// The 16 bytes of an IPv4 (as ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2) or IPv6 address; nothing
// for any other text. Two spellings of one address are equal.
std::optional<std::string> AddressBytes(std::string_view text);

// Who counts as one client: an IPv4 address, or an IPv6 /64, which is what a single host is usually
// given. A text that is no address ("unix") stands for itself.
std::string ClientNetwork(std::string_view text);

// The Unix socket, or a loopback address: where a proxy on this machine comes from, too.
bool IsLocal(std::string_view text);

}  // namespace egd::auth
