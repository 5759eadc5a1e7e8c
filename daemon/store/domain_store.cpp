#include "daemon/store/domain_store.h"

#include "daemon/core/complaint_rate.h"
#include "daemon/store/captured_store.h"
#include "daemon/store/dkim_key_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/sweep_store.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, user_id, name, status, status_reason, link_tracking, open_tracking, "
    "unsubscribe_link, "
    "hosting_provider, custom_subdomain, custom_track_prefix, custom_track_merge, "
    "track_prefix_disabled, mfrom_host, tracking_host, signing_key, "
    "consecutive_failures, created_at, last_checked_at FROM domains "
    "JOIN (SELECT id AS owner FROM users WHERE deleted = 0) ON owner = user_id ";

std::vector<core::DnsRecord> ListRecords(Connection& connection, int64_t domain_id) {
  Query query(connection,
              "SELECT purpose, host, type, value, selector, status, found, error, last_checked_at "
              "FROM dns_records WHERE domain_id = ? ORDER BY position");
  query.Bind(domain_id);
  std::vector<core::DnsRecord> records;
  while (query.Step()) {
    core::DnsRecord& record = records.emplace_back();
    query.Read(record.purpose, record.host, record.type, record.value, record.selector);
    record.status = core::ParseRecordStatus(query.Value<std::string>()).value();
    query.Read(record.found, record.error, record.last_checked_at);
  }
  return records;
}

core::SenderDomain ReadDomain(Query& query) {
  core::SenderDomain domain;
  query.Read(domain.id, domain.user_id, domain.name);
  domain.status = core::ParseDomainStatus(query.Value<std::string>()).value();
  query.Read(domain.status_reason, domain.link_tracking, domain.open_tracking,
             domain.unsubscribe_link, domain.hosting_provider, domain.custom_subdomain,
             domain.custom_track_prefix, domain.custom_track_merge, domain.track_prefix_disabled,
             domain.mfrom_host, domain.tracking_host, domain.signing_key,
             domain.consecutive_failures, domain.created_at, domain.last_checked_at);
  return domain;
}

template <typename... Keys>
std::vector<core::SenderDomain> ListWhere(Connection& connection, std::string_view condition,
                                          const Keys&... keys) {
  Query query(connection, std::string(kSelect).append(condition));
  query.Bind(keys...);
  std::vector<core::SenderDomain> domains;
  while (query.Step()) {
    domains.push_back(ReadDomain(query));
    domains.back().dkim_keys = DkimKeyStore(connection).List(domains.back().id);
    domains.back().records = ListRecords(connection, domains.back().id);
  }
  return domains;
}

template <typename... Keys>
std::optional<core::SenderDomain> FindWhere(Connection& connection, std::string_view condition,
                                            const Keys&... keys) {
  std::vector<core::SenderDomain> domains = ListWhere(connection, condition, keys...);
  if (domains.empty()) return std::nullopt;
  return std::move(domains.front());
}

void BindSettable(Query& query, const core::SenderDomain& domain) {
  query.Bind(core::Name(domain.status), domain.status_reason, domain.link_tracking,
             domain.open_tracking, domain.unsubscribe_link, domain.hosting_provider,
             domain.custom_subdomain, domain.custom_track_prefix, domain.custom_track_merge,
             domain.track_prefix_disabled, domain.mfrom_host, domain.tracking_host,
             AsBlob{domain.signing_key}, domain.consecutive_failures, domain.last_checked_at);
}

// Whether domain `id` (0: a new one) may hold `name` with this status.
bool EnabledElsewhere(Connection& connection, core::DomainStatus status, const std::string& name,
                      int64_t id) {
  if (status != core::DomainStatus::kEnabled) return false;
  Query query(connection, "SELECT id FROM domains WHERE name = ? AND status = 'Enabled'");
  return query.Bind(name).Step() && query.Value<int64_t>() != id;
}

}  // namespace

std::optional<core::SenderDomain> DomainStore::Find(int64_t id) {
  return FindWhere(connection_, "WHERE id = ?", id);
}

std::optional<core::SenderDomain> DomainStore::FindToSign(int64_t id) {
  Query query(connection_, std::string(kSelect).append("WHERE id = ?"));
  if (!query.Bind(id).Step()) return std::nullopt;
  core::SenderDomain domain = ReadDomain(query);
  domain.dkim_keys = DkimKeyStore(connection_).List(id);
  return domain;
}

int64_t DomainStore::FindOwner(int64_t id) {
  Query query(connection_,
              "SELECT user_id FROM domains WHERE id = ?1 "
              "UNION ALL SELECT user_id FROM deleted_domains WHERE id = ?1");
  return query.Bind(id).Step() ? query.Value<int64_t>() : 0;
}

bool DomainStore::IsTrackingHost(const std::string& host) {
  Query query(connection_,
              "SELECT 1 FROM domains WHERE tracking_host = ? AND status = 'Enabled' LIMIT 1");
  return query.Bind(host).Step();
}

std::optional<core::SenderDomain> DomainStore::FindByName(int64_t user_id,
                                                          const std::string& name) {
  return FindWhere(connection_, "WHERE user_id = ? AND name = ?", user_id, name);
}

std::vector<core::SenderDomain> DomainStore::ListByUser(int64_t user_id) {
  return ListWhere(connection_, "WHERE user_id = ? ORDER BY id", user_id);
}

int64_t DomainStore::CountByUser(int64_t user_id) {
  Query query(connection_, "SELECT count(*) FROM domains WHERE user_id = ?");
  query.Bind(user_id).Step();
  return query.Value<int64_t>();
}

DomainBelongings DomainStore::CountBelongings(int64_t id) {
  Query query(connection_,
              "SELECT (SELECT count(*) FROM sender_keys WHERE domain_id = ?1), "
              "(SELECT count(*) FROM smtp_credentials WHERE domain_id = ?1), "
              "(SELECT count(*) FROM webhooks WHERE domain_id = ?1), "
              "ifnull((SELECT max(at) FROM events WHERE domain_id = ?1), 0)");
  query.Bind(id).Step();
  DomainBelongings counts;
  query.Read(counts.sender_keys, counts.smtp_credentials, counts.webhooks, counts.last_event_at);
  return counts;
}

std::vector<SendingHosts> DomainStore::ListSending() {
  Query query(connection_,
              "SELECT name, mfrom_host FROM domains WHERE status = 'Enabled' ORDER BY name");
  std::vector<SendingHosts> all;
  while (query.Step()) {
    SendingHosts& hosts = all.emplace_back();
    query.Read(hosts.domain, hosts.mfrom_host);
  }
  return all;
}

std::vector<TroubledDomain> DomainStore::ListTroubled(int64_t first_day, size_t most) {
  Query query(
      connection_,
      "SELECT id, name, status, consecutive_failures, ifnull(sum(delivery), 0) AS delivered, "
      "ifnull(sum(complaint), 0) AS complaints "
      "FROM domains LEFT JOIN day_counts ON domain_id = id AND day >= ?1 GROUP BY id "
      "HAVING status <> 'Enabled' OR consecutive_failures > 0 "
      "OR (complaints > 0 AND complaints * 1000 >= delivered * ?2) "
      "ORDER BY status = 'Approval Pending' AND consecutive_failures = 0, name, id LIMIT ?3");
  query.Bind(first_day, core::kComplaintWarning, most);
  std::vector<TroubledDomain> all;
  while (query.Step()) {
    TroubledDomain& domain = all.emplace_back();
    std::string status;
    query.Read(domain.id, domain.name, status, domain.consecutive_failures, domain.delivered,
               domain.complaints);
    domain.status = core::ParseDomainStatus(status).value_or(core::DomainStatus::kApprovalPending);
  }
  return all;
}

bool DomainStore::IsReturnPathHost(const std::string& host) {
  Query query(connection_,
              "SELECT 1 FROM domains WHERE status = 'Enabled' AND mfrom_host = ? LIMIT 1");
  return query.Bind(host).Step();
}

bool DomainStore::IsSenderDomain(const std::string& name) {
  return Query(connection_, "SELECT 1 FROM domains WHERE name = ? LIMIT 1").Bind(name).Step();
}

bool DomainStore::IsSending(const std::string& host) {
  Query query(connection_,
              "SELECT 1 FROM domains WHERE status = 'Enabled' AND name = ?1 UNION ALL "
              "SELECT 1 FROM domains WHERE status = 'Enabled' AND mfrom_host = ?1 LIMIT 1");
  return query.Bind(host).Step();
}

std::vector<core::SenderDomain> DomainStore::ListDueForCheck(UnixMillis checked_before,
                                                             size_t most) {
  return ListWhere(connection_,
                   "WHERE status IN ('Enabled', 'Approval Pending') AND last_checked_at < ? "
                   "ORDER BY last_checked_at, id LIMIT ?",
                   checked_before, most);
}

DomainSaved DomainStore::Insert(core::SenderDomain& domain) {
  if (FindByName(domain.user_id, domain.name)) return DomainSaved::kAlreadyThere;
  if (EnabledElsewhere(connection_, domain.status, domain.name, 0)) {
    return DomainSaved::kEnabledElsewhere;
  }
  Query query(
      connection_,
      "INSERT INTO domains (user_id, name, created_at, status, status_reason, link_tracking, "
      "open_tracking, unsubscribe_link, hosting_provider, custom_subdomain, "
      "custom_track_prefix, custom_track_merge, track_prefix_disabled, mfrom_host, "
      "tracking_host, signing_key, consecutive_failures, last_checked_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
  query.Bind(domain.user_id, domain.name, domain.created_at);
  BindSettable(query, domain);
  domain.id = query.Returned();
  DkimKeyStore(connection_).Replace(domain.id, domain.dkim_keys);
  ReplaceRecords(domain.id, domain.records);
  return DomainSaved::kSaved;
}

DomainSaved DomainStore::Update(const core::SenderDomain& domain) {
  if (EnabledElsewhere(connection_, domain.status, domain.name, domain.id)) {
    return DomainSaved::kEnabledElsewhere;
  }
  Query query(
      connection_,
      "UPDATE domains SET status = ?, status_reason = ?, link_tracking = ?, open_tracking = ?, "
      "unsubscribe_link = ?, hosting_provider = ?, custom_subdomain = ?, "
      "custom_track_prefix = ?, custom_track_merge = ?, track_prefix_disabled = ?, "
      "mfrom_host = ?, tracking_host = ?, signing_key = ?, consecutive_failures = ?, "
      "last_checked_at = ? WHERE id = ?");
  BindSettable(query, domain);
  return query.Bind(domain.id).Run() > 0 ? DomainSaved::kSaved : DomainSaved::kMissing;
}

void DomainStore::ReplaceRecords(int64_t id, const std::vector<core::DnsRecord>& records) {
  Query(connection_, "DELETE FROM dns_records WHERE domain_id = ?").Bind(id).Run();
  int position = 0;
  for (const core::DnsRecord& record : records) {
    Query(connection_,
          "INSERT INTO dns_records (domain_id, position, purpose, host, type, value, selector, "
          "status, found, error, last_checked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .Bind(id, position++, record.purpose, record.host, record.type, record.value,
              record.selector, core::Name(record.status), record.found, record.error,
              record.last_checked_at)
        .Run();
  }
}

void DomainStore::ReplaceKeys(const core::SenderDomain& domain) {
  DkimKeyStore(connection_).Replace(domain.id, domain.dkim_keys);
  ReplaceRecords(domain.id, domain.records);
}

size_t DomainStore::UpdateVerdicts(int64_t id, const std::vector<core::DnsRecord>& records) {
  size_t kept = 0;
  for (const core::DnsRecord& record : records) {
    Query query(connection_,
                "UPDATE dns_records SET status = ?, found = ?, error = ?, last_checked_at = ? "
                "WHERE domain_id = ? AND host = ? AND type = ? AND value = ?");
    query.Bind(core::Name(record.status), record.found, record.error, record.last_checked_at);
    query.Bind(id, record.host, record.type, record.value);
    if (query.Run() > 0) ++kept;
  }
  return kept;
}

bool DomainStore::Delete(int64_t id) {
  const int64_t queue = QueueStore(connection_).Close(id);
  SweepStore sweeps(connection_);
  if (queue != 0) sweeps.Add({SweepKind::kDroppedQueue, queue});
  if (CapturedStore(connection_).Has(id)) sweeps.Add({SweepKind::kCaptured, id});
  return Query(connection_, "DELETE FROM domains WHERE id = ?").Bind(id).Run() > 0;
}

}  // namespace egd::store
