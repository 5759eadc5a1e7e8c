// Statistics from rollups: counts kept for each UTC day, written in the same commit as the events
// they count, so that any range of days costs days and distinct values, not events. They agree
// exactly with a count over the events, and outlive them: only the counts by message go with the
// events they count. A transaction's own events are counted at its commit: read in another job.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/statistics.h"
#include "daemon/store/connection.h"

namespace egd::store {

// What a day's events are counted by; stored as numbers, never renumber.
enum class CountedField {
  kHour = 1,  // "2024-01-31 13:00"
  kRecipientDomain = 2,
  kTag = 3,
  kSmtpCode = 4,
  kMxHost = 5,
  kLink = 6,
};

// Days since the Unix epoch, UTC, both included.
struct DayRange {
  int64_t first = 0, last = 0;
};

inline int64_t DayOf(UnixMillis at) {
  return at / kDayMillis;
}

struct CountedValue {
  std::string value;
  core::EventCounts events;
};

struct CountedMessage {
  Uuid id;
  int64_t events = 0;
};

struct OwnedDomain {
  int64_t id = 0;
  std::string name;
  bool deleted = false;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class RollupStore {
 public:
  explicit RollupStore(Connection& connection) : connection_(connection) {}

  // Of the days with events. How many opens and clicks were machines' is known for days, and by
  // tag.
  std::map<int64_t, core::EventCounts> CountByDay(int64_t domain_id, DayRange range);
  // Events of test messages, which are in no other count.
  std::map<int64_t, core::EventCounts> CountTestsByDay(int64_t domain_id, DayRange range);
  bool HasTests(int64_t domain_id);  // events of test messages, not yet purged
  // Each value once, in no particular order.
  std::vector<CountedValue> CountByValue(int64_t domain_id, CountedField field, DayRange range);
  // The `most` messages with most events, largest first, of equals the newest. Messages that were
  // purged do not count.
  std::vector<CountedMessage> CountByMessage(int64_t domain_id, DayRange range, size_t most);
  // `outcome` is kDelivery or kBounce.
  core::DeliveryTimes Times(int64_t domain_id, core::EventType outcome,
                            const std::string& recipient_domain, DayRange range);
  // Waiting now.
  int64_t CountQueued(int64_t domain_id, const std::string& recipient_domain);
  // Also the deleted ones, by ID.
  std::vector<OwnedDomain> ListDomains(int64_t user_id);

 private:
  DayRange WithEvents(DayRange range);

  Connection& connection_;
};

}  // namespace egd::store
