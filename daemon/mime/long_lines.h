// Lines over 998 octets (RFC 5322 section 2.1.1), which old mail programs and templates make, and
// which servers cut or refuse; and octets over 0x7f, for a server without 8BITMIME (RFC 6152). The
// part that has such is re-encoded, as quoted-printable or base64, whichever is shorter; a long
// header field is folded. All else stays byte for byte. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace egd::mime {

constexpr size_t kMaxLineOctets = 998;  // without CR LF

bool HasLongLine(std::string_view text);

// `message` has CR LF at every line's end. kInvalidArgument, as a sentence: a signed or encrypted
// part would break, or a field cannot be folded.
Result<std::string> WithoutLongLines(std::string_view message);

// The same message in 7 bits: its parts with octets over 0x7f re-encoded. Header fields stay. As it
// is, when that would break a signature in it, or a part must not be encoded.
std::string InSevenBits(std::string_view message);

}  // namespace egd::mime
