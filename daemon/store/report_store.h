// Reports that others sent about our mail, each once, and what they count by our domain and day.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/delivery.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct ReceivedReport {
  int64_t id = 0;
  std::string kind;  // "dmarc", "tls"
  std::string organisation, report_id;
  std::string domain;  // that it is about, as it says
  UnixMillis begins_at = 0, ends_at = 0, received_at = 0;
  int64_t messages = 0;  // of ours; kind "tls": sessions
  size_t counts = 0;     // given to Insert: how many will be added at most
};

struct DmarcCount {
  int64_t report = 0;
  int64_t day = 0;  // since the Unix epoch, UTC
  std::string domain;
  std::string source;   // IP address; empty: several
  int disposition = 0;  // reports::Disposition
  bool dkim = false, spf = false;
  int64_t messages = 0;
};

struct TlsCount {
  int64_t report = 0;
  int64_t day = 0;
  std::string domain;
  std::string policy;  // "sts", "tlsa", "no-policy-found"
  std::string result;  // of RFC 8460 section 4.3; empty: the sessions came about
  std::string host;    // the mail server; empty: several
  int64_t sessions = 0;
};

// Which to list: those of `domain` and below it, or with none all; of `first_day` and later.
struct ReportFilter {
  std::string domain;
  int64_t first_day = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class ReportStore {
 public:
  explicit ReportStore(Connection& connection) : connection_(connection) {}

  // Gives report.id. False: it is there already, and nothing is changed.
  bool Insert(ReceivedReport& report);
  // Like ones are added up; `report` names one that was inserted.
  void Add(const DmarcCount& count);
  void Add(const TlsCount& count);

  // Newest first.
  std::vector<ReceivedReport> List(const ReportFilter& filter, const std::string& kind,
                                   size_t most);
  // By day and domain.
  void EachDmarc(const ReportFilter& filter, const std::function<void(const DmarcCount&)>& take);
  void EachTls(const ReportFilter& filter, const std::function<void(const TlsCount&)>& take);
  // What we know ourselves: recipients that a server took a message for, by sender domain and day.
  std::map<std::pair<std::string, int64_t>, int64_t> CountDelivered(const ReportFilter& filter);

  // Our own connections to mail servers, by recipient domain.
  void CountSession(int64_t day, const std::string& domain, const core::TlsSession& session);
  void EachSession(const ReportFilter& filter, const std::function<void(const TlsCount&)>& take);
  int64_t PurgeSessions(int64_t before_day, size_t most);  // at most `most`; returns how many

  // Deletes reports that ended before `before`, and the oldest beyond `most_rows` counts in all;
  // about `most` counts at a time. Returns how many reports: call again until 0.
  int64_t Purge(UnixMillis before, int64_t most_rows, int64_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
