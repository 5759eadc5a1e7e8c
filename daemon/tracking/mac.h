// Message authentication for what comes back to the gateway from outside: links and return-paths.
// Pure, thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace egd::tracking {

// HMAC-SHA-256 under a key of the gateway's own, made for one purpose alone: at least 16 octets.
using Mac = std::function<std::string(std::string_view text)>;

// Takes the same time wherever the two differ; their lengths are not secret.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace egd::tracking
