#include "daemon/store/sts_policy_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::vector<StsPolicyRow> StsPolicyStore::List() {
  Query query(connection_,
              "SELECT domain, id, mode, mx, fetched_at, expires_at FROM mta_sts_policies");
  std::vector<StsPolicyRow> rows;
  while (query.Step()) {
    StsPolicyRow& row = rows.emplace_back();
    std::string mode;
    query.Read(row.domain, row.id, mode, row.policy.mx, row.fetched_at, row.expires_at);
    row.policy.mode = mailauth::ParseStsMode(mode).value_or(mailauth::StsMode::kNone);
    row.policy.max_age_s = (row.expires_at - row.fetched_at) / 1000;
  }
  return rows;
}

void StsPolicyStore::Put(const StsPolicyRow& row) {
  Query(connection_,
        "INSERT INTO mta_sts_policies (domain, id, mode, mx, fetched_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (domain) DO UPDATE SET id = excluded.id, "
        "mode = excluded.mode, mx = excluded.mx, fetched_at = excluded.fetched_at, "
        "expires_at = excluded.expires_at")
      .Bind(row.domain, row.id, mailauth::Name(row.policy.mode), row.policy.mx, row.fetched_at,
            row.expires_at)
      .Run();
}

void StsPolicyStore::Delete(const std::string& domain) {
  Query(connection_, "DELETE FROM mta_sts_policies WHERE domain = ?").Bind(domain).Run();
}

void StsPolicyStore::Purge(UnixMillis expired_before) {
  Query(connection_, "DELETE FROM mta_sts_policies WHERE expires_at <= ?")
      .Bind(expired_before)
      .Run();
}

}  // namespace egd::store
