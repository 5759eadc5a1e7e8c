// Who a client behind reverse proxies is. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/ip_network.h"

namespace egd::core {

// The proxies whose word is taken for who their client is. Each adds the address it was reached
// from at the end of X-Forwarded-For, so the field is read from there: the last address that is no
// trusted proxy's is the client's. What stands before it was written by strangers.
class TrustedProxies {
 public:
  TrustedProxies() = default;  // none
  explicit TrustedProxies(std::vector<IpNetwork> networks) : networks_(std::move(networks)) {}

  // `peer`: the address of the connection; `forwarded`: X-Forwarded-For, all its fields joined by
  // commas. An entry that is no address ends the reading: the one that added it is the client then.
  std::string ClientOf(const std::string& peer, std::string_view forwarded) const;

 private:
  bool Trusts(std::string_view address) const;

  std::vector<IpNetwork> networks_;
};

}  // namespace egd::core
