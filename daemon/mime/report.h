// Takes a mail that came back apart (RFC 6522 and what is sent in its place): the fields of its
// header, the words meant for a reader, the fields meant for a program, and the returned message.
//  - Line endings may be CRLF, LF or CR; character sets are decoded to UTF-8 where they are known.
//  - multipart/report is taken part by part. A mail without parts, or whose boundaries are broken,
//    is one text, which ends where the returned message begins.
//  - Bounded: at most kMostReportBytes are read, kMostReportParts parts, kMostReportDepth levels.
// Pure functions, thread-safe. GMime takes the parts apart.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egd::mime {

constexpr size_t kMostReportBytes = 1 << 20;  // larger notices return whole attachments
constexpr size_t kMostReportParts = 50;
constexpr int kMostReportDepth = 8;
constexpr size_t kMostReportText = 64 << 10;  // of words: the longest notice seen has 20 KiB

// A field as it came, unfolded; its name in lower case.
using ReportField = std::pair<std::string, std::string>;
using ReportFields = std::vector<ReportField>;

struct Report {
  ReportFields header;
  std::string subject;      // decoded
  std::string type;         // "multipart/report", in lower case
  std::string report_type;  // "delivery-status", in lower case
  std::string text;  // for people: UTF-8, LF; HTML without its tags where there is nothing else
  std::string delivery_status;     // all message/delivery-status parts, LF
  std::string feedback_report;     // all message/feedback-report parts, LF
  std::string disposition;         // message/disposition-notification, LF
  std::string original;            // the returned message, or its header, LF
  std::vector<std::string> files;  // parts that are neither text nor a message, and XML: octets
};

Report TakeApart(std::string_view mail);

// The first field of that name (lower case); empty: none.
std::string_view FieldOf(const ReportFields& fields, std::string_view name);
// Lines "Name: value", with continuation lines, until a line that is neither. `rest`, when given,
// gets what stands behind them.
ReportFields ReadFields(std::string_view text, std::string_view* rest = nullptr);

}  // namespace egd::mime
