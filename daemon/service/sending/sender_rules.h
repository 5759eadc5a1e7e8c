// Whether an account and its domain may send, and how much: the one place for HTTP, smtprelay and
// SMTP alike. Each face has its own codes for the problems.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/service/sending/send_problem.h"
#include "daemon/service/sending/send_rate.h"
#include "daemon/store/connection.h"
#include "daemon/store/sending_store.h"
#include "shared/base/clock.h"

namespace egd::service {

// How a message comes in. Only trusted users may submit messages they composed themselves.
enum class Channel { kApi, kSmtp };

// What account and domain say, whatever the message; nothing: it may be sent.
SendRefusals JudgeSender(const std::optional<store::SendingFacts>& facts, Channel channel);

// MonthlySendLimit and SendRatePerMinute. Owned by Acceptance. Thread-safe.
class SendLimits {
 public:
  explicit SendLimits(const Clock& clock) : rate_(clock) {}

  // Counts `recipients` as sent, or says which limit stands against it and counts nothing. In the
  // transaction that accepts them, so that the month's limit is exact.
  std::optional<SendRefusal> Charge(store::Transaction& transaction,
                                    const store::SendingFacts& facts, int64_t recipients,
                                    UnixMillis now);

 private:
  SendRate rate_;
};

}  // namespace egd::service
