// emailgateway.domainstats, accountstats, dailyseries, aggrevents, recipientdomainstats and
// listrecipientdomains.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Statistics;
}

namespace egd::api {

// `statistics` must outlive `handlers`.
void AddStatisticsHandlers(Handlers& handlers, service::Statistics& statistics);

}  // namespace egd::api
