// One HTTP/1.1 request as the edge hands it over, and the reply it takes back. Values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace egd::http_server {

struct HttpHeader {
  std::string name;   // as sent
  std::string value;  // without surrounding white space; no control characters
};

// Complete, well-framed and within the edge's limits (RFC 9112); nothing else is checked.
struct HttpRequest {
  std::string method;               // as sent, case-sensitive: "POST"
  std::string target;               // as sent: "/api.php?Command=x", "http://host/path", "*"
  std::vector<HttpHeader> headers;  // in the order sent
  std::string body;                 // the whole of it, without chunk framing
  std::string peer_address;         // "192.0.2.1", "2001:db8::1", or "unix"
  std::optional<uid_t> peer_uid;    // of a Unix socket's peer, from the kernel

  bool is_unix() const { return peer_uid.has_value(); }
};

// The first field of that name (any case); empty if there is none. Valid as long as `request`.
std::string_view HeaderOf(const HttpRequest& request, std::string_view name);

// All X-Forwarded-For fields as one list (RFC 9110 section 5.3), for core::TrustedProxies.
std::string ForwardedFor(const HttpRequest& request);

class Responder;

// A complete response: status line, header lines, empty line, body, with a Content-Length that
// fits. Date, Connection and Transfer-Encoding are the edge's own; leave them out.
//
// A response made while the client takes it has neither Content-Length nor body; instead `more`
// asks for the first piece of the body, which is the `message` of another response, with `more` for
// the next one or with `last`. One piece is in memory at a time. With neither, as from a dropped
// Responder, the connection is cut, and the client learns that the body is not whole. `more` is
// called on an io thread, as Edge::Handler.
struct HttpResponse {
  std::string message;
  std::function<void(Responder)> more = {};
  bool last = false;
};

}  // namespace egd::http_server
