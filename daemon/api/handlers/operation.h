// Running the gateway: status, backup.
#pragma once

#include "daemon/api/handler.h"
#include "daemon/service/backup/backup.h"
#include "daemon/service/upkeep/status.h"

namespace egd::api {

void AddOperationHandlers(Handlers& handlers, service::Status& status, service::Backups& backups);

}  // namespace egd::api
