// What each face of the gateway answers when a message is refused: sendemail and smtprelay by an
// error code of their own, SMTP by a reply line (RFC 5321 section 4.2, RFC 3463), which smtprelay
// shows as well. One table holds all three. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/mail_sink.h"
#include "daemon/service/sending/send_problem.h"

namespace egd::service {

constexpr std::string_view kQueuedReply = "250 2.0.0 Ok: queued";
constexpr std::string_view kAuthFailedReply = "500 5.0.0 AUTH ERROR";

struct RefusalCodes {
  SendProblem problem;
  int sendemail, smtprelay;  // their ErrorCode
  std::string_view smtp;     // "550 5.7.1"; after a 4yz the client tries again later
};
const RefusalCodes& CodesOf(SendProblem problem);

// "550 5.7.1 The sender domain …": printable, bounded.
std::string SmtpReply(const SendRefusal& refusal);
// The same, with what to change.
core::MailReply MailReplyFor(const SendRefusal& refusal);

}  // namespace egd::service
