#include "daemon/service/domains/domain_check.h"

#include "daemon/store/dkim_key_store.h"
#include "daemon/store/domain_store.h"
#include "shared/base/log.h"

namespace egd::service {

size_t DomainCheck::RunDue() {
  const UnixMillis before = clock_.Now() - kDomainCheckEvery;
  const auto due = store_.Read([&](store::Connection& connection) {
    return store::DomainStore(connection).ListDueForCheck(before, kDomainsPerTick);
  });
  if (!due) return 0;
  size_t verified = 0;
  for (const auto& domain : *due) {
    if (ticker_.Interrupted()) break;
    if (const auto round = verify_.Verify(domain.user_id, domain.id)) {
      ++verified;
    } else {
      log::Warning("domain check failed", {{"domain", domain.name},
                                           {"reason", round.error().public_text},
                                           {"detail", round.error().detail}});
    }
  }
  return verified;
}

size_t DomainCheck::AdvanceDueKeys() {
  size_t advanced = 0, last = 1;
  while (last > 0 && advanced < kRotationsPerTick && !ticker_.Interrupted()) {
    const auto due = store_.Read([&](store::Connection& connection) {
      return store::DkimKeyStore(connection).ListDomainsDue(clock_.Now(), kDomainsPerTick);
    });
    last = due ? verify_.AdvanceKeys(*due) : 0;
    advanced += last;
  }
  return advanced;
}

}  // namespace egd::service
