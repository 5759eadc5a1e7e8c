// From an answer to what is remembered of it. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/delivery.h"
#include "daemon/core/tlsa.h"
#include "daemon/queue/retry_policy.h"
#include "daemon/smtp_client/failure_policy.h"

namespace egd::queue {

struct Circumstances {
  UnixMillis at = 0;
  std::string mx_host, mx_address, tls;  // empty: not that far
  std::string dialogue;                  // as core::DeliveryOutcome has it
  core::TlsaPtr dane = {};               // of the mail host
  std::vector<core::TlsSession> tls_sessions = {};
};

// `verdict` counts only when `answer` is a failure. Jitter as in RetryPolicy.
core::DeliveryOutcome MakeOutcome(const core::DueRecipient& recipient,
                                  const smtp_client::Answer& answer,
                                  const smtp_client::Verdict& verdict,
                                  const Circumstances& circumstances, const RetryPolicy& retry,
                                  double jitter);

// Why a message could not be made, as an answer to all its recipients: a passing trouble (the store
// is busy, a bug) waits, a message that cannot be made or is gone does not.
smtp_client::Answer CannotCompose(const Error& error);

}  // namespace egd::queue
