// A second implementation of RFC 6376 section 6, as plain as it can be: it shares nothing with
// daemon/dkim but OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace egd::dkim {

// Whether the first field of `signed_message`, a DKIM-Signature, holds for the rest under
// `public_key` (p=): RSA, or ed25519 when it has 32 bytes. Returns what is wrong, or "pass".
std::string Verify(std::string_view signed_message, std::string_view public_key);

}  // namespace egd::dkim
