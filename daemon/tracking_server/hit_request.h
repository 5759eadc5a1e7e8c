// What of a request tells whose hit it is: the client behind trusted proxies, and what its headers
// say of it. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/ip_network.h"
#include "daemon/http_server/http_message.h"

namespace egd::tracking_server {

// The first field of that name (any case); empty if there is none.
std::string HeaderOf(const http_server::HttpRequest& request, std::string_view name);

// The address of X-Forwarded-For that the nearest trusted proxy vouches for, read from the right:
// what a client writes into it itself is never believed. The peer's own when that is no trusted
// proxy. "unix" counts as trusted.
std::string ClientOf(const http_server::HttpRequest& request,
                     const std::vector<core::IpNetwork>& trusted_proxies);

// "GET", "HEAD", with " prefetch" behind it where Sec-Purpose, Purpose, X-Purpose or X-Moz says so.
std::string MethodOf(const http_server::HttpRequest& request);

// DNT: 1 or Sec-GPC: 1.
bool AsksNotToBeTracked(const http_server::HttpRequest& request);

}  // namespace egd::tracking_server
