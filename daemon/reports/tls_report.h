// A report of TLS between mail servers (RFC 8460 section 4): sessions that came about and that
// failed, by the policy of the domain they were for.
// Read from others: hostile. The JSON is bounded (shared/catalogue/json_text.h), failures that are
// alike are added up, and beyond kMostTlsFailures servers are no longer told apart. Times are read
// to the second. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::reports {

constexpr size_t kMostTlsPolicies = 100;  // of a report; one is usual
constexpr size_t kMostTlsFailures = 200;  // of a policy
constexpr int64_t kMostTlsSessions = 1'000'000'000'000;

struct TlsFailure {
  std::string result;  // "certificate-expired", … (section 4.3), lower case
  std::string host;    // receiving mail server; empty: not said, or several
  int64_t sessions = 0;
};

struct TlsPolicy {
  std::string type;    // "sts", "tlsa", "no-policy-found"
  std::string domain;  // a domain name
  int64_t successes = 0, failures = 0;
  std::vector<TlsFailure> details;  // of `failures`, as far as they are known
};

struct TlsReport {
  std::string organisation, report_id, contact;  // printable; the first two are not empty
  UnixMillis begins_at = 0, ends_at = 0;
  std::vector<TlsPolicy> policies;  // at least one
};

// `json`: unpacked. kInvalidArgument: why not, as words that follow "the report ".
Result<TlsReport> ReadTlsReport(std::string_view json);

}  // namespace egd::reports
