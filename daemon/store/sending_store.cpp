#include "daemon/store/sending_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::optional<SendingFacts> SendingStore::Find(int64_t domain_id) {
  Query query(connection_,
              "SELECT d.name, d.status, d.link_tracking, d.open_tracking, d.unsubscribe_link, "
              "u.id, u.enabled, u.verified, u.monthly_send_limit, u.send_rate_per_minute, "
              "u.trusted, d.mfrom_host "
              "FROM domains d JOIN users u ON u.id = d.user_id WHERE d.id = ? AND u.deleted = 0");
  if (!query.Bind(domain_id).Step()) return std::nullopt;
  SendingFacts facts;
  query.Read(facts.domain_name);
  facts.domain_status = core::ParseDomainStatus(query.Value<std::string>()).value();
  query.Read(facts.link_tracking, facts.open_tracking, facts.unsubscribe_link, facts.user_id,
             facts.user_enabled, facts.user_verified, facts.monthly_send_limit,
             facts.send_rate_per_minute, facts.user_trusted, facts.mfrom_host);
  return facts;
}

}  // namespace egd::store
