#include "daemon/queue/sts_rules.h"

#include <utility>

namespace egd::queue {

using mailauth::StsMode;
using smtp_client::Exchanger;
using smtp_client::Exchangers;

Exchangers Permitted(const mailauth::StsPolicy& policy, Exchangers exchangers) {
  if (policy.mode != StsMode::kEnforce || exchangers.hosts.empty()) return exchangers;
  const std::string first = exchangers.hosts[0].host;
  std::erase_if(exchangers.hosts,
                [&](const Exchanger& e) { return !e.dane && !policy.Names(e.host); });
  if (exchangers.hosts.empty()) {
    exchangers.failure = {
        smtp_client::Stage::kRoute,
        smtp::NoReply("4.7.0", "MTA-STS: " + first + " does not match the policy")};
  }
  return exchangers;
}

std::string StsNote(const mailauth::StsPolicy& policy, const std::string& host,
                    const std::string& tls) {
  if (policy.mode == StsMode::kNone) return {};
  const std::string mode = "MTA-STS " + std::string(mailauth::Name(policy.mode)) + ": ";
  if (host.empty()) return mode + "no server tried";
  if (!policy.Names(host)) return mode + host + " does not match";
  if (tls.empty()) return mode + "no TLS";
  if (!tls.ends_with(" verified")) return mode + "no valid certificate";
  return mode + "matched";
}

}  // namespace egd::queue
