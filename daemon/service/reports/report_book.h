// What others reported about our mail, by our domain and UTC day, beside what we counted ourselves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/ip_network.h"
#include "daemon/store/report_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

struct DmarcSums {
  int64_t messages = 0;
  int64_t passed = 0;  // by either
  int64_t dkim = 0, spf = 0;
  int64_t quarantined = 0, rejected = 0;
};

struct DmarcDay : DmarcSums {
  std::string domain;
  int64_t day = 0;
  int64_t reports = 0;
  int64_t from_us = 0;    // of `messages`
  int64_t delivered = 0;  // our own count: recipients whose server took a message that day
};

struct DmarcSource : DmarcSums {
  std::string domain;
  std::string source;  // IP address; empty: several, that were not told apart
  bool is_ours = false;
};

struct TlsResult {
  std::string result;
  std::string host;
  int64_t sessions = 0;
};

struct TlsDay {
  std::string domain;
  int64_t day = 0;
  std::string policy;
  int64_t reports = 0;
  int64_t successes = 0, failures = 0;
  std::vector<TlsResult> results;  // most sessions first, at most kMostResults
};

struct ReportSummary {
  int64_t first_day = 0;                       // since the Unix epoch, UTC
  std::vector<DmarcDay> dmarc;                 // newest day first, by domain
  std::vector<DmarcSource> sources;            // most messages first, at most kMostSources
  std::vector<TlsDay> tls;                     // as dmarc
  std::vector<TlsDay> tls_seen;                // our own connections, by recipient domain; as dmarc
  std::vector<store::ReceivedReport> reports;  // newest first, at most kMostReports
};

constexpr int64_t kUsualDays = 28;
constexpr size_t kMostSources = 100;
constexpr size_t kMostResults = 20;
constexpr size_t kMostTlsDays = 1000;  // of our own connections: those with most failures first
constexpr size_t kMostReports = 100;

// Owned by Daemon. Thread-safe; blocks on the store and returns its kUnavailable and kInternal.
class ReportBook {
 public:
  // `is_ours`: whether mail from this address is ours.
  using IsOurs = std::function<bool(const core::IpAddress&)>;
  ReportBook(store::Store& store, const Clock& clock, IsOurs is_ours)
      : store_(store), clock_(clock), is_ours_(std::move(is_ours)) {}

  // `domain`: it and those below it, or with none all. `kind`: "dmarc", "tls", or empty for both.
  // `since`: of a day; nothing: kUsualDays ago.
  Result<ReportSummary> Summarise(const std::string& domain, const std::string& kind,
                                  std::optional<UnixMillis> since);

 private:
  void AddDmarc(store::ReportStore& reports, const store::ReportFilter& filter,
                ReportSummary& summary) const;
  static void AddTls(store::ReportStore& reports, const store::ReportFilter& filter,
                     ReportSummary& summary);

  store::Store& store_;
  const Clock& clock_;
  const IsOurs is_ours_;
};

}  // namespace egd::service
