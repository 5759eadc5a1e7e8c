#include "daemon/service/accounts/master_key.h"

#include <limits>

#include "daemon/service/domains/domain_secrets.h"
#include "daemon/store/domain_store.h"

namespace egd::service {

Result<void> CheckMasterKey(store::Store& store, const auth::Vault& vault) {
  const auto domains = store.Read([](store::Connection& connection) {
    return store::DomainStore(connection)
        .ListDueForCheck(std::numeric_limits<UnixMillis>::max(), 1);
  });
  if (!domains) return domains.error();
  if (domains->empty() || OpenSigningKey(domains->front(), vault)) return {};
  return Error{ErrorKind::kInternal,
               "master.key is not the one that the database was sealed under; restore it from the "
               "backup of this "
               "data directory",
               {}};
}

}  // namespace egd::service
