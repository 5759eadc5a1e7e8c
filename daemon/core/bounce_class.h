// What bounces are counted as: classes of causes. Pure, thread-safe.
#pragma once

#include <array>
#include <string_view>

#include "daemon/core/reply_meaning.h"

namespace egd::core {

// All there are. "expired": given up after the retries; "other", the last: of none of these.
inline constexpr std::array<std::string_view, 11> kBounceClasses = {
    "hard",     "domain", "disabled", "quota",  "policy", "content",
    "protocol", "size",   "expired",  "sender", "other"};

// Of a refusal heard in a dialogue.
std::string_view BounceClassOf(Refused refused, std::string_view cause);
// Of one that a bounce mail tells of by its cause alone. `hard`: said to be for good.
std::string_view BounceClassOf(std::string_view cause, bool hard);

}  // namespace egd::core
