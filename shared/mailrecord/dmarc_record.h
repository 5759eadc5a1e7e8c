// DMARC policy records (RFC 7489 section 6.3). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::mailrecord {

bool IsDmarcRecord(std::string_view text);  // "v=DMARC1", then ";" or nothing

// Empty: a policy that receivers apply. Otherwise why not, as the end of a sentence: "has no p=
// tag".
std::string CheckDmarcRecord(std::string_view text);

}  // namespace egd::mailrecord
