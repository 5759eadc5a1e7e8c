#include "daemon/store/usage_store.h"

#include <chrono>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

// 202611 for an instant in November 2026.
int64_t Month(UnixMillis at) {
  const std::chrono::sys_time<std::chrono::milliseconds> instant{std::chrono::milliseconds(at)};
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(instant));
  return int64_t{int(date.year())} * 100 + unsigned(date.month());
}

}  // namespace

void UsageStore::AddSent(int64_t user_id, UnixMillis at, int64_t recipients) {
  Query(connection_,
        "INSERT INTO monthly_sends (user_id, month, recipients) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET recipients = recipients + excluded.recipients")
      .Bind(user_id, Month(at), recipients)
      .Run();
}

int64_t UsageStore::SentInMonth(int64_t user_id, UnixMillis at) {
  Query query(connection_, "SELECT recipients FROM monthly_sends WHERE user_id = ? AND month = ?");
  return query.Bind(user_id, Month(at)).Step() ? query.Value<int64_t>() : 0;
}

}  // namespace egd::store
