// The report that a mail brings: the first of its attachments that is one. Pure, thread-safe.
#pragma once

#include <variant>

#include "daemon/mime/report.h"
#include "daemon/reports/dmarc_report.h"
#include "daemon/reports/tls_report.h"
#include "shared/base/result.h"

namespace egd::service {

using ReceivedReportContent = std::variant<reports::DmarcReport, reports::TlsReport>;

// kInvalidArgument: why there is none, as a sentence about the mail.
Result<ReceivedReportContent> ReadReport(const mime::Report& mail);

}  // namespace egd::service
