// Mail loops, recognised by their trace. RFC 5321 section 6.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd::smtp_client {

// Hops a message may have made: the least the RFC allows to refuse at.
constexpr size_t kMostHops = 100;
// How often one may have passed this gateway: once is submission, some lists come back.
constexpr size_t kMostOwnHops = 4;

// Why `message`, complete with its header, must not go on; nothing: it may. `own_name`: what this
// gateway calls itself in its Received fields, lower case. Pure, thread-safe.
std::optional<std::string> WhyLooping(std::string_view message, std::string_view own_name);

}  // namespace egd::smtp_client
