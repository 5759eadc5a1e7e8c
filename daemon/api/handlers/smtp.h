// emailgateway.addsmtp, getsmtps, deletesmtp and resetsmtppassword.
#pragma once

#include "daemon/api/handler.h"
#include "shared/config/config.h"

namespace egd::service {
class SmtpCredentialService;
}

namespace egd::api {

// `credentials` must outlive `handlers`; host and ports are what the configuration says now.
void AddSmtpHandlers(Handlers& handlers, service::SmtpCredentialService& credentials,
                     const config::Config& config);

}  // namespace egd::api
