#include "daemon/service/events/statistics.h"

#include <algorithm>
#include <utility>

#include "daemon/service/domains/own_domain.h"

namespace egd::service {
namespace {

using core::EventCounts;
using core::EventType;
using store::CountedField;
using store::DayRange;
using store::RollupStore;

constexpr DayRange kAnyDay = {0, 2'932'896};  // to 9999-12-31

struct FieldWord {
  std::string_view word;
  CountedField field;
};
constexpr FieldWord kByValue[] = {
    {"hour", CountedField::kHour}, {"recipient-domain", CountedField::kRecipientDomain},
    {"tag", CountedField::kTag},   {"smtp-code", CountedField::kSmtpCode},
    {"link", CountedField::kLink}, {"mx-host", CountedField::kMxHost},
};

DayRange Before(DayRange range) {
  return {range.first - (range.last - range.first + 1), range.first - 1};
}

// Those with the largest weight, largest first; of equals by name.
template <typename Row, typename Weight>
void KeepLargest(std::vector<Row>& rows, size_t most, Weight weight, std::string Row::*name) {
  const auto end = rows.begin() + static_cast<ptrdiff_t>(std::min(most, rows.size()));
  std::ranges::partial_sort(rows, end, [&](const Row& a, const Row& b) {
    const int64_t left = weight(a), right = weight(b);
    return left != right ? left > right : a.*name < b.*name;
  });
  rows.erase(end, rows.end());
}

EventCounts Sum(RollupStore& rollups, int64_t domain_id, DayRange range) {
  EventCounts sum;
  for (const auto& [day, events] : rollups.CountByDay(domain_id, range)) sum += events;
  return sum;
}

std::vector<Bucket> ByType(RollupStore& rollups, int64_t domain_id, DayRange range) {
  const EventCounts sum = Sum(rollups, domain_id, range);
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < core::kEventTypes; ++i) {
    const auto type = static_cast<EventType>(i);
    if (sum.Of(type) > 0) buckets.push_back({std::string(core::Name(type)), sum.Of(type)});
  }
  return buckets;
}

std::string DayText(int64_t day) {
  return FormatDateTime(day * kDayMillis).substr(0, 10);
}

std::vector<Bucket> ByDay(RollupStore& rollups, int64_t domain_id, DayRange range) {
  std::vector<Bucket> buckets;
  for (const auto& [day, events] : rollups.CountByDay(domain_id, range)) {
    buckets.push_back({DayText(day), events.Total()});
  }
  return buckets;
}

std::vector<Bucket> ByMessage(RollupStore& rollups, int64_t domain_id, DayRange range,
                              size_t most) {
  std::vector<Bucket> buckets;
  for (const auto& message : rollups.CountByMessage(domain_id, range, most)) {
    buckets.push_back({message.id.ToString(), message.events});
  }
  return buckets;
}

std::vector<Bucket> ByValue(RollupStore& rollups, int64_t domain_id, CountedField field,
                            DayRange range) {
  std::vector<Bucket> buckets;
  for (auto& one : rollups.CountByValue(domain_id, field, range)) {
    buckets.push_back({std::move(one.value), one.events.Total()});
  }
  return buckets;
}

std::vector<Bucket> Buckets(RollupStore& rollups, int64_t domain_id, std::string_view field,
                            DayRange range) {
  if (field == "day") return ByDay(rollups, domain_id, range);
  const auto* by_value = std::ranges::find(kByValue, field, &FieldWord::word);
  if (by_value == std::end(kByValue)) return ByType(rollups, domain_id, range);
  return ByValue(rollups, domain_id, by_value->field, range);
}

// Those of the user's domains that are asked for; none asked for: all.
Result<std::vector<store::OwnedDomain>> Choose(RollupStore& rollups, int64_t user_id,
                                               const std::vector<int64_t>& ids) {
  std::vector<store::OwnedDomain> domains = rollups.ListDomains(user_id);
  if (ids.empty()) return domains;
  const auto asked = [&](const store::OwnedDomain& domain) {
    return !domain.deleted && std::ranges::find(ids, domain.id) != ids.end();
  };
  std::erase_if(domains, [&](const store::OwnedDomain& domain) { return !asked(domain); });
  for (const int64_t id : ids) {
    if (std::ranges::find(domains, id, &store::OwnedDomain::id) == domains.end()) {
      return NotFound("Domain not found or access denied");
    }
  }
  return domains;
}

std::vector<RecipientDomain> BusiestRecipientDomains(RollupStore& rollups, int64_t domain_id,
                                                     DayRange range, size_t most) {
  std::vector<RecipientDomain> rows;
  for (auto& one : rollups.CountByValue(domain_id, CountedField::kRecipientDomain, range)) {
    RecipientDomain& row = rows.emplace_back();
    row.name = std::move(one.value);
    row.delivered.recipients = one.events.Of(EventType::kDelivery);
    row.bounced = one.events.Of(EventType::kBounce);
  }
  const auto deliveries = [](const RecipientDomain& row) { return row.delivered.recipients; };
  KeepLargest(rows, most, deliveries, &RecipientDomain::name);
  return rows;
}

}  // namespace

Result<DayRange> Statistics::Resolve(const Period& period) const {
  const int64_t last = store::DayOf(period.last.value_or(clock_.Now()));
  const int64_t first = period.first ? store::DayOf(*period.first) : last - kDaysBefore;
  if (first > last) return InvalidArgument("EndDate is before StartDate");
  return DayRange{first, last};
}

Result<DomainStats> Statistics::OfDomain(int64_t user_id, int64_t domain_id, const Period& period) {
  const auto range = Resolve(period);
  if (!range) return range.error();
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<DomainStats> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    RollupStore rollups(connection);
    DomainStats stats;
    stats.events = Sum(rollups, domain_id, *range);
    stats.before = Sum(rollups, domain_id, Before(*range));
    stats.tags = rollups.CountByValue(domain_id, CountedField::kTag, *range);
    const auto events = [](const store::CountedValue& tag) { return tag.events.Total(); };
    KeepLargest(stats.tags, kMostTags, events, &store::CountedValue::value);
    return stats;
  });
}

Result<AccountStats> Statistics::OfAccount(int64_t user_id, const std::vector<int64_t>& domain_ids,
                                           const Period& period) {
  const auto range = Resolve(period);
  if (!range) return range.error();
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<AccountStats> {
    RollupStore rollups(connection);
    const auto domains = Choose(rollups, user_id, domain_ids);
    if (!domains) return domains.error();
    AccountStats stats;
    for (const store::OwnedDomain& domain : *domains) {
      const EventCounts events = Sum(rollups, domain.id, *range);
      stats.events += events;
      stats.before += Sum(rollups, domain.id, Before(*range));
      if (!domain.deleted || events.Total() > 0) stats.domains.push_back({domain, events});
    }
    return stats;
  });
}

Result<std::map<UnixMillis, EventCounts>> Statistics::Daily(int64_t user_id,
                                                            std::optional<int64_t> domain_id,
                                                            const Period& period) {
  using Series = std::map<UnixMillis, EventCounts>;
  const auto range = Resolve(period);
  if (!range) return range.error();
  if (range->last - range->first >= kMostDays) {
    return InvalidArgument("StartDate and EndDate are more than " + std::to_string(kMostDays) +
                           " days apart");
  }
  return store_.ReadLong(user_id, [&](store::Connection& connection) -> Result<Series> {
    RollupStore rollups(connection);
    std::vector<int64_t> ids;
    if (domain_id) ids.push_back(*domain_id);
    const auto domains = Choose(rollups, user_id, ids);
    if (!domains) return domains.error();
    Series series;
    for (int64_t day = range->first; day <= range->last; ++day) series[day * kDayMillis];
    for (const store::OwnedDomain& domain : *domains) {
      for (const auto& [day, events] : rollups.CountByDay(domain.id, *range)) {
        series[day * kDayMillis] += events;
      }
    }
    return series;
  });
}

Result<std::vector<Bucket>> Statistics::Aggregate(int64_t user_id, int64_t domain_id,
                                                  std::string_view field, const Period& period,
                                                  size_t most) {
  const DayRange range = {period.first ? store::DayOf(*period.first) : kAnyDay.first,
                          period.last ? store::DayOf(*period.last) : kAnyDay.last};
  if (range.first > range.last) return InvalidArgument("EndDate is before StartDate");
  return store_.ReadLong(
      user_id, [&](store::Connection& connection) -> Result<std::vector<Bucket>> {
        const auto domain = FindOwnDomain(connection, user_id, domain_id);
        if (!domain) return domain.error();
        RollupStore rollups(connection);
        if (field == "message-id") return ByMessage(rollups, domain_id, range, most);
        std::vector<Bucket> buckets = Buckets(rollups, domain_id, field, range);
        KeepLargest(
            buckets, most, [](const Bucket& bucket) { return bucket.events; }, &Bucket::key);
        return buckets;
      });
}

Result<RecipientDomainTimes> Statistics::OfRecipientDomain(int64_t user_id, int64_t domain_id,
                                                           const std::string& recipient_domain,
                                                           const Period& period) {
  const auto range = Resolve(period);
  if (!range) return range.error();
  return store_.ReadLong(
      user_id, [&](store::Connection& connection) -> Result<RecipientDomainTimes> {
        const auto domain = FindOwnDomain(connection, user_id, domain_id);
        if (!domain) return domain.error();
        RollupStore rollups(connection);
        RecipientDomainTimes times;
        for (const store::OwnedDomain& one : rollups.ListDomains(user_id)) {
          times.delivered += rollups.Times(one.id, EventType::kDelivery, recipient_domain, *range);
          times.bounced += rollups.Times(one.id, EventType::kBounce, recipient_domain, *range);
        }
        return times;
      });
}

Result<std::vector<RecipientDomain>> Statistics::ListRecipientDomains(int64_t user_id,
                                                                      int64_t domain_id,
                                                                      const Period& period,
                                                                      size_t most) {
  const auto range = Resolve(period);
  if (!range) return range.error();
  return store_.ReadLong(
      user_id, [&](store::Connection& connection) -> Result<std::vector<RecipientDomain>> {
        const auto domain = FindOwnDomain(connection, user_id, domain_id);
        if (!domain) return domain.error();
        RollupStore rollups(connection);
        auto rows = BusiestRecipientDomains(rollups, domain_id, *range, most);
        for (RecipientDomain& row : rows) {
          row.delivered = rollups.Times(domain_id, EventType::kDelivery, row.name, *range);
          row.waiting = rollups.CountQueued(domain_id, row.name);
        }
        return rows;
      });
}

}  // namespace egd::service
