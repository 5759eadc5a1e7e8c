// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104), for egctl, which has no cryptographic library;
// the daemon uses OpenSSL's. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd {

std::string Sha256(std::string_view bytes);                           // 32 raw bytes
std::string HmacSha256(std::string_view key, std::string_view text);  // 32 raw bytes

}  // namespace egd
