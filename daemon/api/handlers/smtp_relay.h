// Handler of emailgateway.smtprelay.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Acceptance;
class SmtpCredentialService;
}  // namespace egd::service

namespace egd::api {

// The services must outlive `handlers`.
void AddSmtpRelayHandlers(Handlers& handlers, service::SmtpCredentialService& credentials,
                          service::Acceptance& acceptance);

}  // namespace egd::api
