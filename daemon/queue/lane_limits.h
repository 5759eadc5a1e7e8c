// What an operator's [[destination]] rows say about a lane. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "daemon/smtp_client/smtp_session.h"
#include "shared/config/config.h"

namespace egd::queue {

struct LaneLimits {
  std::string domain;    // of the row, when it fits by recipient domain: such domains share a lane
                         // only with each other
  std::string provider;  // of the row, when it fits by mail hosts, and they all are the provider's:
                         // the row holds for all such lanes together. A host of somebody else's,
                         // which could be slow on purpose, takes none of their connections.
  size_t provider_connections = std::numeric_limits<size_t>::max();  // at once, of those lanes
  size_t connections = 10;                                           // at once
  size_t messages_per_connection = 0;                                // 0: no limit
  size_t messages_per_minute = 0;                                    // 0: no limit
  smtp_client::TlsNeed tls = smtp_client::TlsNeed::kOpportunistic;
  bool sts = false;  // an MTA-STS policy is enforced there, which is why `tls` is kVerified
};

// The first row that fits counts: by `domain`, a recipient domain of the lane, or by one of
// `mx_hosts`. Without one: `delivery`'s defaults.
LaneLimits LimitsFor(const std::vector<config::DestinationRule>& rules,
                     const config::Config::Delivery& delivery, const std::string& domain,
                     const std::vector<std::string>& mx_hosts);

}  // namespace egd::queue
