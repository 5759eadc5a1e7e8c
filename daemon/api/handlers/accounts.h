// user.*, users.* and user.apikey.*: accounts, logins and user keys.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Accounts;
}

namespace egd::api {

// `accounts` must outlive `handlers`.
void AddAccountHandlers(Handlers& handlers, service::Accounts& accounts);

}  // namespace egd::api
