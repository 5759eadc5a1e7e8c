#include "daemon/service/sending/sender_rules.h"

#include <string>

#include "daemon/store/usage_store.h"

namespace egd::service {

using enum SendProblem;

SendRefusals JudgeSender(const std::optional<store::SendingFacts>& facts, Channel channel) {
  if (!facts) return {{kDomainMissing, "The sender domain does not exist"}};
  if (!facts->user_enabled) return {{kUserDisabled, "The user account is disabled"}};
  if (!facts->user_verified) return {{kUserNotVerified, "The user account is not verified"}};
  if (channel == Channel::kSmtp && !facts->user_trusted) {
    return {{kUserUntrusted, "The user account is not allowed to submit messages over SMTP"}};
  }
  if (facts->domain_status != core::DomainStatus::kEnabled) {
    return {{kDomainNotEnabled, "The sender domain " + facts->domain_name + " is not enabled but " +
                                    std::string(core::Name(facts->domain_status))}};
  }
  return {};
}

std::optional<SendRefusal> SendLimits::Charge(store::Transaction& transaction,
                                              const store::SendingFacts& facts, int64_t recipients,
                                              UnixMillis now) {
  store::UsageStore usage(transaction);
  const int64_t limit = facts.monthly_send_limit;
  if (limit > 0 && usage.SentInMonth(facts.user_id, now) + recipients > limit) {
    return SendRefusal{kMonthlyLimit,
                       "The limit of " + std::to_string(limit) + " recipients a month is reached"};
  }
  if (const auto wait = rate_.Take(facts.user_id, facts.send_rate_per_minute, recipients)) {
    return SendRefusal{kRateLimit,
                       "The limit of " + std::to_string(facts.send_rate_per_minute) +
                           " recipients a minute is reached; try again in " +
                           std::to_string(wait->count()) + " seconds",
                       *wait};
  }
  usage.AddSent(facts.user_id, now, recipients);
  return std::nullopt;
}

}  // namespace egd::service
