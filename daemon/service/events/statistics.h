// What happened to a user's messages, over any range of days, from the rollups
// (store/rollup_store.h): each answer costs days, not events. Policy:
//  - Days are UTC, both ends included. A period without an end ends today; without a start it
//    starts 28 days before its end, or, for Aggregate, with the first event.
//  - The period to compare with has the same length and ends the day before.
//  - A deleted domain goes on counting for its user, but can no longer be asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/statistics.h"
#include "daemon/store/rollup_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

struct Period {
  std::optional<UnixMillis> first, last;  // any instant of the day
};

struct DomainStats {
  core::EventCounts events, before;
  std::vector<store::CountedValue> tags;  // with most events first, at most kMostTags
};

struct AccountStats {
  struct Domain {
    store::OwnedDomain domain;
    core::EventCounts events;
  };
  core::EventCounts events, before;
  std::vector<Domain> domains;  // by ID; deleted ones only where they have events
};

struct Bucket {
  std::string key;
  int64_t events = 0;
};

struct RecipientDomainTimes {
  core::DeliveryTimes delivered, bounced;
};

struct RecipientDomain {
  std::string name;
  core::DeliveryTimes delivered;
  int64_t bounced = 0;
  int64_t waiting = 0;  // in the queue now, whatever the period
};

// Owned by Daemon. Thread-safe; blocks on the store and also returns its kUnavailable and
// kInternal. A domain that is missing or another user's is kNotFound; a period that ends before it
// starts, kInvalidArgument.
class Statistics {
 public:
  static constexpr int64_t kMostDays = 3660;  // of a series; events are kept for 10 years at most
  static constexpr size_t kMostTags = 100;
  static constexpr int64_t kDaysBefore = 28;  // the reference's default start

  Statistics(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<DomainStats> OfDomain(int64_t user_id, int64_t domain_id, const Period& period);
  // Of all domains, or of those in `domain_ids`.
  Result<AccountStats> OfAccount(int64_t user_id, const std::vector<int64_t>& domain_ids,
                                 const Period& period);
  // Every day of the period, by its first instant; of one domain or of all. More than kMostDays:
  // kInvalidArgument.
  Result<std::map<UnixMillis, core::EventCounts>> Daily(int64_t user_id,
                                                        std::optional<int64_t> domain_id,
                                                        const Period& period);
  // Events by the value of `field`, one of aggrevents' words; with most events first, of equals by
  // value (messages: newest first).
  Result<std::vector<Bucket>> Aggregate(int64_t user_id, int64_t domain_id, std::string_view field,
                                        const Period& period, size_t most);
  // Over all domains of the user, who must own `domain_id`.
  Result<RecipientDomainTimes> OfRecipientDomain(int64_t user_id, int64_t domain_id,
                                                 const std::string& recipient_domain,
                                                 const Period& period);
  // With most deliveries first, of equals by name.
  Result<std::vector<RecipientDomain>> ListRecipientDomains(int64_t user_id, int64_t domain_id,
                                                            const Period& period, size_t most);

 private:
  Result<store::DayRange> Resolve(const Period& period) const;

  store::Store& store_;
  const Clock& clock_;
};

}  // namespace egd::service
