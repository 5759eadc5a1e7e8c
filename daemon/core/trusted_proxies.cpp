#include "daemon/core/trusted_proxies.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::core {

std::string TrustedProxies::ClientOf(const std::string& peer, std::string_view forwarded) const {
  std::string client = peer;
  while (Trusts(client) && !forwarded.empty()) {
    const size_t comma = forwarded.rfind(',');
    const size_t start = comma == std::string_view::npos ? 0 : comma + 1;
    const auto address = IpAddress::Parse(Trim(forwarded.substr(start)));
    if (!address) break;
    client = address->ToString();
    forwarded = forwarded.substr(0, start == 0 ? 0 : comma);
  }
  return client;
}

bool TrustedProxies::Trusts(std::string_view address) const {
  const auto parsed = IpAddress::Parse(address);
  return parsed && std::ranges::any_of(networks_, [&](const IpNetwork& network) {
           return network.Contains(*parsed);
         });
}

}  // namespace egd::core
