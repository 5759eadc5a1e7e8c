// What the headers of a hit's request say of it. Pure functions, thread-safe.
#pragma once

#include <string>

#include "daemon/http_server/http_message.h"

namespace egd::tracking_server {

// "GET", "HEAD", with " prefetch" behind it where Sec-Purpose, Purpose, X-Purpose or X-Moz says so.
std::string MethodOf(const http_server::HttpRequest& request);

// DNT: 1 or Sec-GPC: 1.
bool AsksNotToBeTracked(const http_server::HttpRequest& request);

}  // namespace egd::tracking_server
