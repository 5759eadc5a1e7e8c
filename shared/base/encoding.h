// Base64 (RFC 4648 sections 4 and 5) and hexadecimal (section 8). Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd {

std::string Base64(std::string_view bytes);
std::string Base64Url(std::string_view bytes);  // no padding
// Strict: nothing for a foreign character, wrong padding or non-zero trailing bits. White space (SP
// HT CR LF) is skipped only when `allow_space`, as MIME bodies and DNS records need.
std::optional<std::string> FromBase64(std::string_view text, bool allow_space = false);
std::optional<std::string> FromBase64Url(std::string_view text);

std::string Hex(std::string_view bytes);  // lower case
std::optional<std::string> FromHex(std::string_view text);

}  // namespace egd
