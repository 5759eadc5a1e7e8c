#include "daemon/store/suppression_store.h"

#include "daemon/store/query.h"
#include "shared/base/strings.h"

namespace egd::store {
namespace {

// A pattern with * as one for LIKE, whose own wildcards mean themselves.
std::string LikePattern(const std::string& pattern) {
  std::string like;
  for (const char c : Lower(pattern)) {
    if (c == '%' || c == '_' || c == '\\') like += '\\';
    like += c == '*' ? '%' : c;
  }
  return like;
}

constexpr std::string_view kMatch =
    " FROM suppressions WHERE user_id = ? AND address LIKE ? ESCAPE '\\'"
    " AND (?3 = '' OR source = ?3)";

}  // namespace

bool SuppressionStore::Insert(const Suppression& suppression) {
  return Query(connection_,
               "INSERT INTO suppressions (user_id, address, scope, source, reason, at) "
               "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
             .Bind(suppression.user_id, Lower(suppression.address), suppression.scope,
                   suppression.source, suppression.reason, suppression.at)
             .Run() > 0;
}

bool SuppressionStore::Stops(int64_t user_id, const std::string& address,
                             const std::string& scope) {
  Query query(connection_,
              "SELECT 1 FROM suppressions WHERE user_id = ?1 AND address = ?2 "
              "AND (scope = 'all' OR (?3 <> '' AND scope IN ('bulk', ?3))) LIMIT 1");
  return query.Bind(user_id, Lower(address), scope).Step();
}

SuppressionPage SuppressionStore::List(int64_t user_id, const std::string& pattern,
                                       const std::string& source, int64_t offset, int64_t limit) {
  const std::string like = LikePattern(pattern);
  SuppressionPage page;
  Query count(connection_, "SELECT count(*)" + std::string(kMatch));
  count.Bind(user_id, like, source).Step();
  count.Read(page.total);
  Query query(connection_, "SELECT address, source, reason, at, scope" + std::string(kMatch) +
                               " ORDER BY address, scope LIMIT ? OFFSET ?");
  query.Bind(user_id, like, source, limit, offset);
  while (query.Step()) {
    Suppression& suppression = page.suppressions.emplace_back();
    suppression.user_id = user_id;
    query.Read(suppression.address, suppression.source, suppression.reason, suppression.at,
               suppression.scope);
  }
  return page;
}

bool SuppressionStore::Delete(int64_t user_id, const std::string& address) {
  return Query(connection_, "DELETE FROM suppressions WHERE user_id = ? AND address = ?")
             .Bind(user_id, Lower(address))
             .Run() > 0;
}

std::vector<SuppressionCount> SuppressionStore::CountBySource(int64_t user_id) {
  Query query(connection_,
              "SELECT source, count(*) AS n FROM suppressions WHERE user_id = ? GROUP BY source"
              " ORDER BY n DESC, source");
  query.Bind(user_id);
  std::vector<SuppressionCount> counts;
  while (query.Step()) {
    SuppressionCount& count = counts.emplace_back();
    query.Read(count.source, count.count);
  }
  return counts;
}

}  // namespace egd::store
