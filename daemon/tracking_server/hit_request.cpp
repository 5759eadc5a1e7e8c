#include "daemon/tracking_server/hit_request.h"

#include "shared/base/strings.h"

namespace egd::tracking_server {

using http_server::HeaderOf;

std::string MethodOf(const http_server::HttpRequest& request) {
  for (const std::string_view name : {"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"}) {
    const std::string value = Lower(HeaderOf(request, name));
    if (value.find("prefetch") != std::string::npos || value == "preview") {
      return request.method + " prefetch";
    }
  }
  return request.method;
}

bool AsksNotToBeTracked(const http_server::HttpRequest& request) {
  return HeaderOf(request, "DNT") == "1" || HeaderOf(request, "Sec-GPC") == "1";
}

}  // namespace egd::tracking_server
