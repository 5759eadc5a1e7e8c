// A DMARC aggregate report (RFC 7489 section 7.2 and appendix C): what a receiver saw of a domain's
// mail in some hours. Lenient as to what is left out and namespaces; strict as to what is counted.
//  - The XML is read as a stream, by expat: no document type, so no entities; kMostXmlDepth levels.
//  - Rows that are alike are added up. Beyond kMostDmarcRows different ones, sources are no longer
//    told apart.
// Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::reports {

constexpr size_t kMostDmarcRows = 1000;
constexpr size_t kMostXmlDepth = 16;                 // a report has 6
constexpr int64_t kMostRowMessages = 1'000'000'000;  // of one row, a day's mail of the largest
constexpr size_t kMostReportText = 255;              // octets of a name or an ID

enum class Disposition { kNone = 0, kQuarantine = 1, kReject = 2 };  // stored: never renumber

struct DmarcRow {
  std::string source;       // IP address; empty: of several
  std::string header_from;  // domain, lower case; empty: not said
  Disposition disposition = Disposition::kNone;
  bool dkim = false, spf = false;  // passed and aligned
  int64_t messages = 0;
};

struct DmarcReport {
  std::string organisation, report_id;  // printable, not empty
  std::string domain;                   // whose policy it was; a domain name
  std::string policy;                   // "none", "quarantine", "reject", or empty
  UnixMillis begins_at = 0, ends_at = 0;
  std::vector<DmarcRow> rows;  // no two alike but for `messages`
};

// `xml`: unpacked. kInvalidArgument: why not, as words that follow "the report ".
Result<DmarcReport> ReadDmarcReport(std::string_view xml);

}  // namespace egd::reports
