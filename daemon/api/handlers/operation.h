// Running the gateway: backup.
#pragma once

#include "daemon/api/handler.h"
#include "daemon/service/backup/backup.h"

namespace egd::api {

void AddOperationHandlers(Handlers& handlers, service::Backups& backups);

}  // namespace egd::api
