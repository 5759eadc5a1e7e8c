#include "daemon/service/reports/report_book.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/reports/dmarc_report.h"
#include "daemon/store/rollup_store.h"

namespace egd::service {
namespace {

void Add(DmarcSums& sums, const store::DmarcCount& count) {
  sums.messages += count.messages;
  if (count.dkim || count.spf) sums.passed += count.messages;
  if (count.dkim) sums.dkim += count.messages;
  if (count.spf) sums.spf += count.messages;
  const auto disposition = reports::Disposition(count.disposition);
  if (disposition == reports::Disposition::kQuarantine) sums.quarantined += count.messages;
  if (disposition == reports::Disposition::kReject) sums.rejected += count.messages;
}

template <typename Item, typename Key>
void KeepLargest(std::vector<Item>& items, size_t most, Key key) {
  std::ranges::stable_sort(items, std::ranges::greater(), key);
  if (items.size() > most) items.erase(items.begin() + std::ptrdiff_t(most), items.end());
}

struct TlsSums {
  int64_t successes = 0, failures = 0;
  std::set<int64_t> reports;
  std::map<std::pair<std::string, std::string>, int64_t> results;
};

TlsDay DayOf(const std::string& domain, int64_t day, const std::string& policy,
             const TlsSums& sums) {
  TlsDay made{domain, day, policy, int64_t(sums.reports.size()), sums.successes, sums.failures, {}};
  for (const auto& [key, sessions] : sums.results) {
    made.results.push_back({key.first, key.second, sessions});
  }
  KeepLargest(made.results, kMostResults, &TlsResult::sessions);
  return made;
}

// By day, the newest first, domain and policy.
class TlsBook {
 public:
  void Add(const store::TlsCount& count) {
    TlsSums& sums = days_[{-count.day, count.domain, count.policy}];
    if (count.report != 0) sums.reports.insert(count.report);
    (count.result.empty() ? sums.successes : sums.failures) += count.sessions;
    if (!count.result.empty()) sums.results[{count.result, count.host}] += count.sessions;
  }

  std::vector<TlsDay> Days() const {
    std::vector<TlsDay> days;
    for (const auto& [key, sums] : days_) {
      const auto& [day, domain, policy] = key;
      days.push_back(DayOf(domain, -day, policy, sums));
    }
    return days;
  }

 private:
  std::map<std::tuple<int64_t, std::string, std::string>, TlsSums> days_;
};

}  // namespace

Result<ReportSummary> ReportBook::Summarise(const std::string& domain, const std::string& kind,
                                            std::optional<UnixMillis> since) {
  store::ReportFilter filter{domain, store::DayOf(clock_.Now()) - kUsualDays};
  if (since) filter.first_day = store::DayOf(*since);
  return store_.Read([&](store::Connection& connection) {
    store::ReportStore reports(connection);
    ReportSummary summary;
    summary.first_day = filter.first_day;
    if (kind != "tls") AddDmarc(reports, filter, summary);
    if (kind != "dmarc") AddTls(reports, filter, summary);
    summary.reports = reports.List(filter, kind, kMostReports);
    return summary;
  });
}

void ReportBook::AddDmarc(store::ReportStore& reports, const store::ReportFilter& filter,
                          ReportSummary& summary) const {
  std::map<std::pair<int64_t, std::string>, DmarcDay> days;  // the newest has the least key
  std::map<std::pair<int64_t, std::string>, std::set<int64_t>> reports_of;
  std::map<std::pair<std::string, std::string>, DmarcSource> sources;
  reports.EachDmarc(filter, [&](const store::DmarcCount& count) {
    DmarcSource& source = sources[{count.domain, count.source}];
    if (source.domain.empty()) {
      const auto address = core::IpAddress::Parse(count.source);
      source.domain = count.domain;
      source.source = count.source;
      source.is_ours = address && is_ours_(*address);
    }
    const std::pair key(-count.day, count.domain);
    DmarcDay& day = days[key];
    Add(day, count);
    Add(source, count);
    if (source.is_ours) day.from_us += count.messages;
    reports_of[key].insert(count.report);
  });
  const auto delivered = reports.CountDelivered(filter);
  for (auto& [key, day] : days) {
    day.domain = key.second;
    day.day = -key.first;
    day.reports = int64_t(reports_of[key].size());
    const auto own = delivered.find({day.domain, day.day});
    if (own != delivered.end()) day.delivered = own->second;
    summary.dmarc.push_back(std::move(day));
  }
  for (auto& [key, source] : sources) summary.sources.push_back(std::move(source));
  KeepLargest(summary.sources, kMostSources, &DmarcSource::messages);
}

void ReportBook::AddTls(store::ReportStore& reports, const store::ReportFilter& filter,
                        ReportSummary& summary) {
  TlsBook reported, seen;
  reports.EachTls(filter, [&](const store::TlsCount& count) { reported.Add(count); });
  reports.EachSession(filter, [&](const store::TlsCount& count) { seen.Add(count); });
  summary.tls = reported.Days();
  summary.tls_seen = seen.Days();
  KeepLargest(summary.tls_seen, kMostTlsDays, &TlsDay::failures);
}

}  // namespace egd::service
