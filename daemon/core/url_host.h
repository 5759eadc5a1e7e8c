// The host of an http or https URL as a browser judges it (URL standard, section 3.5): wider than
// the host names of host_name.h. Pure function, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd::core {

// `text` is what stands between the user and the port: a name in ASCII or UTF-8 (in %XX too), an
// IPv4 address in any of its forms, or an IPv6 address in brackets. Returned as it is when it is
// ASCII, else in A-labels, or in %XX where it has symbols (emoji), which libidn2 does not convert.
// Nothing for what a browser's URL parser rejects.
std::optional<std::string> UrlHost(std::string_view text);

}  // namespace egd::core
