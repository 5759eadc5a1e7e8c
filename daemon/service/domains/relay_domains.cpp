#include "daemon/service/domains/relay_domains.h"

#include "daemon/core/host_name.h"

namespace egd::service {

Result<std::vector<store::SendingHosts>> RelayDomains::List() {
  return store_.Read(
      [](store::Connection& connection) { return store::DomainStore(connection).ListSending(); });
}

Result<std::optional<std::string>> RelayDomains::Find(std::string_view domain_or_address) {
  using Found = std::optional<std::string>;
  const size_t at = domain_or_address.rfind('@');
  if (at != domain_or_address.npos) domain_or_address.remove_prefix(at + 1);
  const Found name = core::NormalizeHostName(domain_or_address);
  if (!name) return Found();
  return store_.Read([&](store::Connection& connection) {
    return store::DomainStore(connection).IsSending(*name) ? name : Found();
  });
}

}  // namespace egd::service
