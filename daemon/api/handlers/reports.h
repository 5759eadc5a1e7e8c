// reports: what others reported about our mail.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class ReportBook;
}

namespace egd::api {

// `reports` must outlive `handlers`.
void AddReportHandlers(Handlers& handlers, service::ReportBook& reports);

}  // namespace egd::api
