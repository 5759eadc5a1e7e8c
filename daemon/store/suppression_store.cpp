#include "daemon/store/suppression_store.h"

#include "daemon/store/query.h"
#include "shared/base/strings.h"

namespace egd::store {

bool SuppressionStore::Insert(const Suppression& suppression) {
  return Query(connection_,
               "INSERT OR IGNORE INTO suppressions (user_id, address, source, reason, at) "
               "VALUES (?, ?, ?, ?, ?)")
             .Bind(suppression.user_id, Lower(suppression.address), suppression.source,
                   suppression.reason, suppression.at)
             .Run() > 0;
}

std::vector<std::string> SuppressionStore::Find(int64_t user_id,
                                                const std::vector<std::string>& addresses) {
  std::vector<std::string> suppressed;
  for (const std::string& address : addresses) {
    Query query(connection_, "SELECT 1 FROM suppressions WHERE user_id = ? AND address = ?");
    if (query.Bind(user_id, Lower(address)).Step()) suppressed.push_back(address);
  }
  return suppressed;
}

}  // namespace egd::store
