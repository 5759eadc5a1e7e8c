// Sets the status of a stored domain, as the admin does.
#pragma once

#include "daemon/store/domain_store.h"

namespace egd {

inline store::DomainSaved SetStatus(store::Connection& connection, int64_t domain_id,
                                    core::DomainStatus status) {
  store::DomainStore domains(connection);
  auto domain = domains.Find(domain_id);
  if (!domain) return store::DomainSaved::kMissing;
  domain->status = status;
  return domains.Update(*domain);
}

}  // namespace egd
