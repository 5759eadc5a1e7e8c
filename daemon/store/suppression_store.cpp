#include "daemon/store/suppression_store.h"

#include "daemon/store/query.h"
#include "shared/base/encoding.h"
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

// What stands in place of an erased address; no address is without @.
constexpr std::string_view kErased = "erased:";
constexpr std::string_view kErasedSource = "erased";

constexpr std::string_view kMatch =
    " FROM suppressions WHERE user_id = ? AND address LIKE ? ESCAPE '\\'"
    " AND (?3 = '' OR source = ?3)";

}  // namespace

std::string SuppressionStore::KeyOf(const std::string& address) {
  const AddressHash& hash = connection_.address_hash();
  return hash ? std::string(kErased) + Hex(hash(Lower(address))) : std::string();
}

bool SuppressionStore::IsErased(int64_t user_id, const std::string& address) {
  Query query(connection_, "SELECT 1 FROM suppressions WHERE user_id = ? AND address = ? LIMIT 1");
  return query.Bind(user_id, KeyOf(address)).Step();
}

int64_t SuppressionStore::InsertErased(const std::string& address, UnixMillis at, int64_t after,
                                       size_t most) {
  const std::string key = KeyOf(address);
  Query last(connection_,
             "SELECT max(id) FROM (SELECT id FROM users WHERE id > ? ORDER BY id LIMIT ?)");
  const int64_t up_to = last.Bind(after, most).Step() ? last.Value<int64_t>() : 0;
  Query(connection_,
        "INSERT INTO suppressions (user_id, address, scope, source, reason, at) "
        "SELECT id, ?, 'all', ?, '', ? FROM users WHERE id > ? AND id <= ? AND deleted = 0 "
        "ON CONFLICT DO NOTHING")
      .Bind(key, kErasedSource, at, after, up_to)
      .Run();
  return up_to;
}

bool SuppressionStore::Insert(const Suppression& suppression) {
  if (IsErased(suppression.user_id, suppression.address)) return false;
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
              "SELECT 1 FROM suppressions WHERE user_id = ?1 AND address IN (?2, ?4) "
              "AND (scope = 'all' OR (?3 <> '' AND scope IN ('bulk', ?3))) LIMIT 1");
  return query.Bind(user_id, Lower(address), scope, KeyOf(address)).Step();
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
    suppression.erased = suppression.address.starts_with(kErased);
    if (suppression.erased) suppression.address.clear();
  }
  return page;
}

bool SuppressionStore::Delete(int64_t user_id, const std::string& address) {
  return Query(connection_, "DELETE FROM suppressions WHERE user_id = ? AND address IN (?, ?)")
             .Bind(user_id, Lower(address), KeyOf(address))
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
