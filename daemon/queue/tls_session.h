// What a connection says of its encryption, for the reports of RFC 8460. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "daemon/core/delivery.h"
#include "daemon/mailauth/mta_sts.h"
#include "daemon/smtp_client/answer.h"
#include "daemon/smtp_client/mx_route.h"

namespace egd::queue {

// `policy`: null if the domain has none. `tls` as net::DescribeTls, empty: plain text. `failure`:
// why the connection was not used; nothing: it was. Nothing is returned where it did not get as far
// as TLS.
std::optional<core::TlsSession> JudgeSession(const smtp_client::Target& target,
                                             const mailauth::StsPolicy* policy,
                                             const std::string& tls,
                                             const std::optional<smtp_client::Answer>& failure);

}  // namespace egd::queue
