#include "daemon/service/domains/own_domain.h"

#include <optional>
#include <utility>

#include "daemon/core/host_name.h"
#include "daemon/store/domain_store.h"

namespace egd::service {
namespace {

Error DomainNotFound() {
  return NotFound("Domain not found or access denied");
}

}  // namespace

Result<core::SenderDomain> FindOwnDomain(store::Connection& connection, int64_t user_id,
                                         int64_t domain_id) {
  std::optional<core::SenderDomain> domain = store::DomainStore(connection).Find(domain_id);
  if (!domain || domain->user_id != user_id) return DomainNotFound();
  return std::move(*domain);
}

Result<core::SenderDomain> FindOwnDomain(store::Connection& connection, int64_t user_id,
                                         std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::optional<std::string> normal = core::NormalizeHostName(name);
  if (!normal) return DomainNotFound();
  std::optional<core::SenderDomain> domain =
      store::DomainStore(connection).FindByName(user_id, *normal);
  if (!domain) return DomainNotFound();
  return std::move(*domain);
}

}  // namespace egd::service
