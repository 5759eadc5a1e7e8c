// Where a browser goes from a link (URL standard, sections 4.4 and 3.5), as far as it matters for
// http and https: what is no such URL is told apart, and what is keeps its own spelling, so that a
// signed URL stays valid. Changed are only what a browser removes or adds without choice:
//  - white space and C0 controls at both ends, tabs and line breaks anywhere
//  - scheme and slashes become "https://", back slashes before ? and # become slashes
//  - a host outside ASCII becomes A-labels; bytes outside printable ASCII become %XX, broken UTF-8
//    %EF%BF%BD
//  - a relative link is put behind its base
// Never decoded, never encoded twice. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd::tracking {

// `href` with its character references decoded, in UTF-8; `base` is empty or what LinkUrl returned.
// Nothing for another scheme, a relative link without a base, and what a browser's URL parser
// rejects.
std::optional<std::string> LinkUrl(std::string_view href, std::string_view base = {});

}  // namespace egd::tracking
