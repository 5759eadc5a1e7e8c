#include "daemon/service/events/event_log.h"

#include <algorithm>

#include "daemon/service/domains/own_domain.h"
#include "daemon/store/rollup_store.h"

namespace egd::service {

Result<store::EventPage> EventLog::List(int64_t user_id, const store::EventFilter& filter,
                                        int64_t start, int64_t count) {
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<store::EventPage> {
    const auto domain = FindOwnDomain(connection, user_id, filter.domain_id);
    if (!domain) return domain.error();
    store::EventStore store(connection);
    const int64_t newest = store.LastSequence();  // what is committed meanwhile may be missing
    store::EventPage page =
        store.List(filter, std::max<int64_t>(start, 0), std::clamp<int64_t>(count, 0, kMaxPage));
    page.last_sequence = newest;
    return page;
  });
}

Result<EventStretch> EventLog::ListBefore(int64_t user_id, const store::EventFilter& filter,
                                          std::optional<store::EventPlace> place, int64_t count) {
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<EventStretch> {
    const auto domain = FindOwnDomain(connection, user_id, filter.domain_id);
    if (!domain) return domain.error();
    return EventStretch{domain->name,
                        store::EventStore(connection).ListBefore(filter, place, count),
                        store::RollupStore(connection).HasTests(filter.domain_id)};
  });
}

Result<std::vector<store::EventPlace>> EventLog::FindBefore(int64_t user_id,
                                                            const store::EventFilter& filter,
                                                            std::optional<store::EventPlace> place,
                                                            size_t most) {
  using Places = std::vector<store::EventPlace>;
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<Places> {
    const auto domain = FindOwnDomain(connection, user_id, filter.domain_id);
    if (!domain) return domain.error();
    return store::EventStore(connection).FindBefore(filter, place, most);
  });
}

Result<EventStretch> EventLog::Load(int64_t user_id, int64_t domain_id,
                                    std::span<const store::EventPlace> places) {
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<EventStretch> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    return EventStretch{domain->name, store::EventStore(connection).Load(places),
                        store::RollupStore(connection).HasTests(domain_id)};
  });
}

Result<EventTail> EventLog::ListAfter(int64_t user_id, const store::EventFilter& filter,
                                      int64_t sequence, int64_t count) {
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<EventTail> {
    const auto domain = FindOwnDomain(connection, user_id, filter.domain_id);
    if (!domain) return domain.error();
    store::EventStore store(connection);
    // Read before the events: what is committed meanwhile comes with the next call.
    const int64_t newest = store.LastSequence();
    EventTail tail;
    tail.last_sequence = sequence + std::clamp<int64_t>(newest - sequence, 0, kMaxTail);
    count = std::clamp<int64_t>(count, 1, kMaxPage);
    tail.events = store.ListAfter(filter, sequence, tail.last_sequence, count);
    if (int64_t(tail.events.size()) == count) tail.last_sequence = tail.events.back().sequence;
    return tail;
  });
}

}  // namespace egd::service
