#include "daemon/queue/lane_limits.h"

#include <algorithm>

namespace egd::queue {
namespace {

using smtp_client::TlsNeed;

// "example.com" fits itself; ".example.com" what is below it.
bool FitsDomain(const std::string& pattern, const std::string& domain) {
  return pattern.starts_with('.') ? domain.ends_with(pattern) : domain == pattern;
}

// A name and what is below it; with a leading dot only what is below.
bool FitsHost(const std::string& suffix, const std::string& host) {
  if (suffix.starts_with('.')) return host.ends_with(suffix);
  return host == suffix || host.ends_with("." + suffix);
}

bool Fits(const config::DestinationRule& rule, const std::string& domain,
          const std::vector<std::string>& mx_hosts) {
  if (!rule.domain.empty()) return FitsDomain(rule.domain, domain);
  return std::any_of(mx_hosts.begin(), mx_hosts.end(),
                     [&](const auto& host) { return FitsHost(rule.mx, host); });
}

TlsNeed NeedNamed(const std::string& word) {
  if (word == "none") return TlsNeed::kNone;
  if (word == "verify") return TlsNeed::kVerified;
  return word == "require" ? TlsNeed::kEncrypted : TlsNeed::kOpportunistic;
}

}  // namespace

LaneLimits LimitsFor(const std::vector<config::DestinationRule>& rules,
                     const config::Config::Delivery& delivery, const std::string& domain,
                     const std::vector<std::string>& mx_hosts) {
  LaneLimits limits;
  limits.connections = size_t(std::max(delivery.connections_per_destination, 1));
  if (delivery.route == "smarthost") limits.tls = NeedNamed(delivery.smarthost_tls);
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [&](const auto& each) { return Fits(each, domain, mx_hosts); });
  if (rule == rules.end()) return limits;
  if (rule->connections > 0) limits.connections = size_t(rule->connections);
  limits.messages_per_connection = size_t(rule->messages_per_connection);
  limits.messages_per_minute = size_t(rule->messages_per_minute);
  if (rule->tls != "opportunistic") limits.tls = NeedNamed(rule->tls);
  limits.domain = rule->domain;
  if (!rule->mx.empty() &&
      std::ranges::all_of(mx_hosts, [&](const auto& host) { return FitsHost(rule->mx, host); })) {
    limits.provider = rule->mx;
    if (rule->connections > 0) limits.provider_connections = limits.connections;
  }
  return limits;
}

}  // namespace egd::queue
