// DKIM key records in the DNS (RFC 6376 section 3.6.1). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::mailrecord {

// The text is meant as a key record: "v=DKIM1…", or a tag list with p=.
bool IsDkimRecord(std::string_view text);

// `found` publishes the key of `expected` for mail signed over SHA-256, whatever its white
// space, the order of its tags and those that do not matter. Empty: it does. Otherwise why not, as
// the end of a sentence: "holds another key".
std::string CompareDkimRecords(std::string_view found, std::string_view expected);

}  // namespace egd::mailrecord
