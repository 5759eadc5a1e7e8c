#include "daemon/service/reports/report_reading.h"

#include <optional>
#include <utility>

#include "daemon/reports/unpack.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kMostFiles = 5;  // that are unpacked; a report has one
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

Result<ReceivedReportContent> ReadFile(std::string_view file) {
  const auto unpacked = reports::Unpack(file);
  if (!unpacked) return unpacked.error();
  std::string_view text = *unpacked;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (Trim(text).starts_with('{')) {
    auto report = reports::ReadTlsReport(text);
    if (!report) return report.error();
    return ReceivedReportContent(*std::move(report));
  }
  auto report = reports::ReadDmarcReport(text);
  if (!report) return report.error();
  return ReceivedReportContent(*std::move(report));
}

}  // namespace

Result<ReceivedReportContent> ReadReport(const mime::Report& mail) {
  std::optional<Error> first;
  for (size_t i = 0; i < mail.files.size() && i < kMostFiles; ++i) {
    auto report = ReadFile(mail.files[i]);
    if (report) return report;
    if (!first) first = InvalidArgument("the report " + Printable(report.error().public_text));
  }
  return first.value_or(InvalidArgument("no report is attached"));
}

}  // namespace egd::service
