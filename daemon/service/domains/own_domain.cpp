#include "daemon/service/domains/own_domain.h"

#include <optional>
#include <utility>

#include "daemon/store/domain_store.h"

namespace egd::service {

Result<core::SenderDomain> FindOwnDomain(store::Connection& connection, int64_t user_id,
                                         int64_t domain_id) {
  std::optional<core::SenderDomain> domain = store::DomainStore(connection).Find(domain_id);
  if (!domain || domain->user_id != user_id) {
    return NotFound("Domain not found or access denied");
  }
  return std::move(*domain);
}

}  // namespace egd::service
