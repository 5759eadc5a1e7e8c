#include "daemon/tracking_server/hit_request.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::tracking_server {
namespace {

bool IsTrusted(std::string_view peer, const std::vector<core::IpNetwork>& trusted_proxies) {
  if (peer == "unix") return true;
  const auto address = core::IpAddress::Parse(peer);
  return address && std::ranges::any_of(trusted_proxies, [&](const core::IpNetwork& network) {
           return network.Contains(*address);
         });
}

// All X-Forwarded-For fields as one list, as RFC 9110 section 5.3 reads them.
std::string ForwardedFor(const http_server::HttpRequest& request) {
  std::string list;
  for (const auto& header : request.headers) {
    if (!EqualsIgnoreCase(header.name, "X-Forwarded-For")) continue;
    if (!list.empty()) list += ',';
    list += header.value;
  }
  return list;
}

}  // namespace

std::string HeaderOf(const http_server::HttpRequest& request, std::string_view name) {
  for (const auto& header : request.headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return {};
}

std::string ClientOf(const http_server::HttpRequest& request,
                     const std::vector<core::IpNetwork>& trusted_proxies) {
  std::string client = request.peer_address;
  const std::string list = ForwardedFor(request);
  auto hops = Split(list, ',');
  while (!hops.empty() && IsTrusted(client, trusted_proxies)) {
    const auto hop = core::IpAddress::Parse(Trim(hops.back()));
    if (!hop) break;
    client = hop->ToString();
    hops.pop_back();
  }
  return client;
}

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
