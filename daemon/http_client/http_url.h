// Webhook URLs, as clients give them: hostile. Read by libcurl's own parser, so what is judged here
// is what libcurl will connect to. Pure, thread-safe. RFC 3986; contract section 7.
#pragma once

#include <optional>
#include <string>

#include "daemon/core/ip_network.h"
#include "shared/base/result.h"

namespace egd::http_client {

struct HttpUrl {
  std::string text;  // normalised
  std::string host;  // lower case A-labels; an IPv6 address without brackets
  int port = 0;      // the scheme's own where the URL names none
  // The host when it is an address, in whatever spelling (decimal, octal, hexadecimal, short
  // forms), and the loopback address for localhost and names below it.
  std::optional<core::IpAddress> address;
};

// kInvalidArgument: no request could ever be made to it; why, as the end of a sentence: "names no
// host". That is: it is no absolute http or https URL with a host and a port above 0, its host is
// no name that the DNS could have, it holds user information, white space or control characters, or
// is over 2,048 bytes. A host outside ASCII is converted to A-labels.
Result<HttpUrl> ParseHttpUrl(const std::string& text);

}  // namespace egd::http_client
