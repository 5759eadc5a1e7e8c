#include "daemon/service/reports/received_reports.h"

#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/host_name.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/rollup_store.h"

namespace egd::service {
namespace {

constexpr UnixMillis kMostAhead = 2 * kDayMillis;  // of clocks that are wrong

// Names below the reported domain that are told apart: each costs the writer up to 127 look-ups of
// a few microseconds, and whoever writes the report chooses them.
constexpr size_t kMostNames = 50;

class Recording {
 public:
  Recording(store::Transaction& transaction, const InboundAddresses& addresses, UnixMillis now,
            store::InboundMail& mail)
      : transaction_(transaction), addresses_(addresses), now_(now), mail_(mail) {}

  void operator()(const reports::DmarcReport& report) {
    store::ReceivedReport row = RowOf(report, "dmarc");
    row.domain = report.domain;
    const std::string reported = SenderDomainOf(report.domain);
    std::vector<store::DmarcCount> counts;
    for (const auto& each : report.rows) {
      const std::string& from = each.header_from.empty() ? report.domain : each.header_from;
      if (!core::IsWithinDomain(from, report.domain)) continue;  // RFC 7489 section 6.6.3
      const bool is_told_apart =
          sender_domains_.size() < kMostNames || sender_domains_.contains(from);
      const std::string& ours = is_told_apart ? SenderDomainOf(from) : reported;
      if (ours.empty()) continue;
      counts.push_back({0, store::DayOf(row.begins_at), ours, each.source, int(each.disposition),
                        each.dkim, each.spf, each.messages});
      row.messages += each.messages;
    }
    const bool empty_of_ours = report.rows.empty() && !reported.empty();
    Record(row, counts, !counts.empty() || empty_of_ours, "DMARC", "messages");
  }

  void operator()(const reports::TlsReport& report) {
    store::ReceivedReport row = RowOf(report, "tls");
    row.domain = report.policies[0].domain;
    std::vector<store::TlsCount> counts;
    for (const auto& policy : report.policies) {
      if (!addresses_.IsOwnHost(policy.domain) && SenderDomainOf(policy.domain).empty()) continue;
      if (counts.empty()) row.domain = policy.domain;
      AddCounts(policy, store::DayOf(row.begins_at), counts);
      row.messages += policy.successes + policy.failures;
    }
    Record(row, counts, !counts.empty(), "TLS", "sessions");
  }

 private:
  template <typename Report>
  store::ReceivedReport RowOf(const Report& report, const char* kind) const {
    store::ReceivedReport row;
    row.kind = kind;
    row.organisation = report.organisation;
    row.report_id = report.report_id;
    row.begins_at = report.begins_at;
    row.ends_at = report.ends_at;
    row.received_at = now_;
    return row;
  }

  // With its failures that are not explained as such of no kind.
  static void AddCounts(const reports::TlsPolicy& policy, int64_t day,
                        std::vector<store::TlsCount>& counts) {
    counts.push_back({0, day, policy.domain, policy.type, "", "", policy.successes});
    int64_t rest = policy.failures;
    for (const auto& failure : policy.details) {
      rest -= failure.sessions;
      counts.push_back(
          {0, day, policy.domain, policy.type, failure.result, failure.host, failure.sessions});
    }
    if (rest > 0) counts.push_back({0, day, policy.domain, policy.type, "other", "", rest});
  }

  template <typename Count>
  void Record(store::ReceivedReport& row, std::vector<Count>& counts, bool is_ours,
              const std::string& kind, const std::string& of) {
    if (!is_ours) {
      mail_.understood = false;
      mail_.result = "ignored: about " + row.domain + ", which is no domain of ours";
      return;
    }
    if (row.begins_at > now_ + kMostAhead) {
      mail_.understood = false;
      mail_.result = "ignored: the report is about the future";
      return;
    }
    mail_.result = kind + " report " + row.report_id + " of " + row.organisation + " about " +
                   row.domain + ": " + std::to_string(row.messages) + " " + of;
    row.counts = counts.size();
    store::ReportStore store(transaction_);
    if (!store.Insert(row)) {
      mail_.result = "already known: " + mail_.result;
      return;
    }
    for (Count& count : counts) {
      count.report = row.id;
      store.Add(count);
    }
  }

  // The innermost of our sender domains that `host` is in; empty: none.
  const std::string& SenderDomainOf(const std::string& host) {
    const auto [known, is_new] = sender_domains_.try_emplace(host);
    if (!is_new) return known->second;
    store::DomainStore domains(transaction_);
    for (std::string name = host; !name.empty();) {
      if (domains.IsSenderDomain(name)) {
        known->second = name;
        break;
      }
      const size_t dot = name.find('.');
      name = dot == std::string::npos ? "" : name.substr(dot + 1);
    }
    return known->second;
  }

  store::Transaction& transaction_;
  const InboundAddresses& addresses_;
  const UnixMillis now_;
  store::InboundMail& mail_;
  std::map<std::string, std::string> sender_domains_;
};

}  // namespace

void RecordReport(store::Transaction& transaction, const InboundAddresses& addresses,
                  const ReceivedReportContent& report, UnixMillis now, store::InboundMail& mail) {
  std::visit(Recording(transaction, addresses, now, mail), report);
}

}  // namespace egd::service
