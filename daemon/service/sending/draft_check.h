// The rules a draft must keep whoever sends it (contract section 5). Pure, thread-safe.
#pragma once

#include "daemon/core/message.h"
#include "daemon/service/sending/send_problem.h"

namespace egd::service {

struct DraftLimits {
  size_t max_recipients = 1000;                 // of To, CC and BCC together
  size_t max_bytes = size_t{30} * 1024 * 1024;  // bodies and attachments, decoded
};
constexpr size_t kMaxReplyTo = 10;  // nobody answers to more; receivers refuse long fields

// Puts every address into the house's form (core/email_address.h). Returns what is wrong: the first
// bad entry of each parameter, nothing when the draft is good.
SendRefusals CheckDraft(core::Draft& draft, const DraftLimits& limits);

}  // namespace egd::service
