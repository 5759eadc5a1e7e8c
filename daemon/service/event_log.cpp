#include "daemon/service/event_log.h"

#include <algorithm>

#include "daemon/service/own_domain.h"

namespace egd::service {

Result<store::EventPage> EventLog::List(int64_t user_id, const store::EventFilter& filter,
                                        int64_t start, int64_t count) {
  return store_.Read([&](store::Connection& connection) -> Result<store::EventPage> {
    const auto domain = FindOwnDomain(connection, user_id, filter.domain_id);
    if (!domain) return domain.error();
    return store::EventStore(connection)
        .List(filter, std::max<int64_t>(start, 0), std::clamp<int64_t>(count, 0, kMaxPage));
  });
}

Result<EventStretch> EventLog::ListBefore(int64_t user_id, const store::EventFilter& filter,
                                          std::optional<store::EventPlace> place, int64_t count) {
  return store_.Read([&](store::Connection& connection) -> Result<EventStretch> {
    const auto domain = FindOwnDomain(connection, user_id, filter.domain_id);
    if (!domain) return domain.error();
    return EventStretch{domain->name,
                        store::EventStore(connection).ListBefore(filter, place, count)};
  });
}

}  // namespace egd::service
