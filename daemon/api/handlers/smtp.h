// emailgateway.addsmtp, getsmtps, deletesmtp and resetsmtppassword, and smtpsessions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/api/handler.h"

namespace egd::service {
class SmtpCredentialService;
class SmtpSessions;
}  // namespace egd::service

namespace egd::api {

// Where applications connect to: a part of what is shown of every credential.
struct SmtpEndpoint {
  std::string host;
  std::function<std::vector<int64_t>()> ports;  // that listen now; thread-safe
};

// What is passed by reference must outlive `handlers`.
void AddSmtpHandlers(Handlers& handlers, service::SmtpCredentialService& credentials,
                     service::SmtpSessions& sessions, SmtpEndpoint endpoint);

}  // namespace egd::api
