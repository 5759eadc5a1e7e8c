#include "daemon/service/event_log.h"

#include <algorithm>
#include <optional>

#include "daemon/store/domain_store.h"

namespace egd::service {

Result<store::EventPage> EventLog::List(int64_t user_id, const store::EventFilter& filter,
                                        int64_t start, int64_t count) {
  return store_.Read([&](store::Connection& connection) -> Result<store::EventPage> {
    const std::optional<core::SenderDomain> domain =
        store::DomainStore(connection).Find(filter.domain_id);
    if (!domain || domain->user_id != user_id) return NotFound("Domain not found or access denied");
    return store::EventStore(connection)
        .List(filter, std::max<int64_t>(start, 0), std::clamp<int64_t>(count, 0, kMaxPage));
  });
}

}  // namespace egd::service
