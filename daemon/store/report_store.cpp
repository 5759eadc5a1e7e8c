#include "daemon/store/report_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

constexpr std::string_view kIsWithin =
    "(?1 = '' OR domain = ?1 OR substr(domain, -length(?1) - 1) = '.' || ?1) ";

std::string Selecting(std::string_view columns, std::string_view table) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(table) + " WHERE " +
         std::string(kIsWithin) + "AND day >= ?2 ORDER BY day, domain";
}

void TakeCounts(Query& query, const std::function<void(const TlsCount&)>& take) {
  TlsCount count;
  while (query.Step()) {
    query.Read(count.report, count.day, count.domain, count.policy, count.result, count.host,
               count.sessions);
    take(count);
  }
}

}  // namespace

bool ReportStore::Insert(ReceivedReport& report) {
  Query insertion(
      connection_,
      "INSERT INTO reports (kind, organisation, report_id, domain, begins_at, ends_at, "
      "received_at, messages, row_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING "
      "RETURNING id");
  report.id =
      insertion
          .Bind(report.kind, report.organisation, report.report_id, report.domain, report.begins_at,
                report.ends_at, report.received_at, report.messages, report.counts)
          .Returned();
  return report.id != 0;
}

void ReportStore::Add(const DmarcCount& count) {
  Query(connection_,
        "INSERT INTO dmarc_counts VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET messages = messages + excluded.messages")
      .Bind(count.report, count.day, count.domain, count.source, count.disposition, count.dkim,
            count.spf, count.messages)
      .Run();
}

void ReportStore::Add(const TlsCount& count) {
  Query(connection_,
        "INSERT INTO tls_counts VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions")
      .Bind(count.report, count.day, count.domain, count.policy, count.result, count.host,
            count.sessions)
      .Run();
}

std::vector<ReceivedReport> ReportStore::List(const ReportFilter& filter, const std::string& kind,
                                              size_t most) {
  Query query(connection_,
              "SELECT id, kind, organisation, report_id, domain, begins_at, ends_at, received_at, "
              "messages FROM reports WHERE " +
                  std::string(kIsWithin) +
                  "AND begins_at >= ?2 AND (?3 = '' OR kind = ?3) ORDER BY id DESC LIMIT ?4");
  query.Bind(filter.domain, filter.first_day * kDayMillis, kind, most);
  std::vector<ReceivedReport> reports;
  while (query.Step()) {
    ReceivedReport& report = reports.emplace_back();
    query.Read(report.id, report.kind, report.organisation, report.report_id, report.domain,
               report.begins_at, report.ends_at, report.received_at, report.messages);
  }
  return reports;
}

void ReportStore::EachDmarc(const ReportFilter& filter,
                            const std::function<void(const DmarcCount&)>& take) {
  Query query(
      connection_,
      Selecting("report, day, domain, source, disposition, dkim, spf, messages", "dmarc_counts"));
  query.Bind(filter.domain, filter.first_day);
  DmarcCount count;
  while (query.Step()) {
    int dkim = 0, spf = 0;
    query.Read(count.report, count.day, count.domain, count.source, count.disposition, dkim, spf,
               count.messages);
    count.dkim = dkim != 0;
    count.spf = spf != 0;
    take(count);
  }
}

void ReportStore::EachTls(const ReportFilter& filter,
                          const std::function<void(const TlsCount&)>& take) {
  Query query(connection_,
              Selecting("report, day, domain, policy, result, host, sessions", "tls_counts"));
  query.Bind(filter.domain, filter.first_day);
  TakeCounts(query, take);
}

void ReportStore::CountSession(int64_t day, const std::string& domain,
                               const core::TlsSession& session) {
  Query(connection_,
        "INSERT INTO tls_sessions VALUES (?, ?, ?, ?, ?, 1) "
        "ON CONFLICT DO UPDATE SET sessions = sessions + 1")
      .Bind(day, domain, session.policy, session.result, session.host)
      .Run();
}

void ReportStore::EachSession(const ReportFilter& filter,
                              const std::function<void(const TlsCount&)>& take) {
  Query query(connection_,
              Selecting("0, day, domain, policy, result, host, sessions", "tls_sessions"));
  query.Bind(filter.domain, filter.first_day);
  TakeCounts(query, take);
}

int64_t ReportStore::PurgeSessions(int64_t before_day, size_t most) {
  return Query(connection_,
               "DELETE FROM tls_sessions WHERE (day, domain, policy, result, host) IN (SELECT day, "
               "domain, policy, result, host FROM tls_sessions WHERE day < ? ORDER BY day LIMIT ?)")
      .Bind(before_day, most)
      .Run();
}

std::map<std::pair<std::string, int64_t>, int64_t> ReportStore::CountDelivered(
    const ReportFilter& filter) {
  Query query(
      connection_,
      "SELECT domain, day, sum(delivery) FROM "
      "(SELECT name AS domain, day, delivery FROM domains JOIN day_counts ON domain_id = id) "
      "WHERE " +
          std::string(kIsWithin) + "AND day >= ?2 GROUP BY domain, day");
  query.Bind(filter.domain, filter.first_day);
  std::map<std::pair<std::string, int64_t>, int64_t> delivered;
  while (query.Step()) {
    std::pair<std::string, int64_t> key;
    int64_t count = 0;
    query.Read(key.first, key.second, count);
    delivered[key] = count;
  }
  return delivered;
}

int64_t ReportStore::Purge(UnixMillis before, int64_t most_rows, int64_t most) {
  // Newest first, all are kept until the sum is reached; a report counts for a row itself.
  int64_t last_too_many = 0, rows = 0;
  {
    Query query(connection_, "SELECT id, row_count FROM reports ORDER BY id DESC");
    while (last_too_many == 0 && query.Step()) {
      int64_t id = 0, own = 0;
      query.Read(id, own);
      rows += own + 1;
      if (rows > most_rows) last_too_many = id;
    }
  }
  std::vector<int64_t> ids;
  {
    Query query(connection_,
                "SELECT id, row_count FROM reports WHERE ends_at < ? OR id <= ? LIMIT ?");
    query.Bind(before, last_too_many, most);
    for (int64_t taken = 0; taken < most && query.Step();) {
      int64_t id = 0, own = 0;
      query.Read(id, own);
      taken += own + 1;
      ids.push_back(id);
    }
  }
  for (const int64_t id : ids) {
    Query(connection_, "DELETE FROM dmarc_counts WHERE report = ?").Bind(id).Run();
    Query(connection_, "DELETE FROM tls_counts WHERE report = ?").Bind(id).Run();
    Query(connection_, "DELETE FROM reports WHERE id = ?").Bind(id).Run();
  }
  return int64_t(ids.size());
}

}  // namespace egd::store
