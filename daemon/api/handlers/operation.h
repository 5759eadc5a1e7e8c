// Running the gateway: status, backup, retention.
#pragma once

#include "daemon/api/handler.h"
#include "daemon/service/backup/backup.h"
#include "daemon/service/upkeep/retention.h"
#include "daemon/service/upkeep/status.h"

namespace egd::api {

void AddOperationHandlers(Handlers& handlers, service::Status& status, service::Backups& backups,
                          service::Retention& retention);

}  // namespace egd::api
