// What a domain's own name servers say, asked past every cache: whether a record that resolvers do
// not see yet has been published.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/checked_domain.h"
#include "cli/dns_lookup.h"
#include "shared/base/result.h"

namespace egd::cli {

struct AuthorityReply {
  std::string server;               // its name
  std::vector<std::string> values;  // as of DnsReply
  uint32_t ttl = 0;                 // seconds; of the values
};

// Blocks for the time-outs of its questions. One thread.
class Authority {
 public:
  // Finds name servers with `resolver`, and asks them at its port.
  explicit Authority(NameServer resolver) : resolver_(std::move(resolver)) {}

  // kUnavailable: no name server of its zone was found, or none answers.
  Result<AuthorityReply> Ask(const std::string& host, DnsType type);

 private:
  using Servers = std::vector<std::pair<std::string, NameServer>>;

  Result<Servers> ServersOf(const std::string& host);
  Servers AddressesOf(const std::vector<std::string>& names);

  const NameServer resolver_;
  std::map<std::string, Servers> known_;  // by zone
};

// Adds to each record that does not pass what the domain's own servers say, where that is not what
// was found: AuthoritativeValue, AuthoritativeTTL and AuthoritativeServer in the body, and a
// sentence for people.
void AddAuthority(Authority& authority, CheckedDomain& domain);

}  // namespace egd::cli
