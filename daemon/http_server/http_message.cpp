#include "daemon/http_server/http_message.h"

#include "shared/base/strings.h"

namespace egd::http_server {

std::string_view HeaderOf(const HttpRequest& request, std::string_view name) {
  for (const auto& header : request.headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return {};
}

std::string ForwardedFor(const HttpRequest& request) {
  std::string list;
  for (const auto& header : request.headers) {
    if (!EqualsIgnoreCase(header.name, "X-Forwarded-For")) continue;
    if (!list.empty()) list += ',';
    list += header.value;
  }
  return list;
}

}  // namespace egd::http_server
