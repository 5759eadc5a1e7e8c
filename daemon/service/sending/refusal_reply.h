// What an SMTP client is told when its message is refused (RFC 5321 section 4.2, RFC 3463): one
// line for smtprelay and the SMTP listener alike. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/mail_sink.h"
#include "daemon/service/sending/send_problem.h"

namespace egd::service {

constexpr std::string_view kQueuedReply = "250 2.0.0 Ok: queued";
constexpr std::string_view kAuthFailedReply = "500 5.0.0 AUTH ERROR";

// "550 5.7.1 The sender domain …": printable, bounded.
std::string SmtpReply(const SendRefusal& refusal);
// The same, with what to change.
core::MailReply MailReplyFor(const SendRefusal& refusal);

}  // namespace egd::service
