#include "daemon/queue/outcome.h"

namespace egd::queue {

using core::Disposition;

core::DeliveryOutcome MakeOutcome(const core::DueRecipient& recipient,
                                  const smtp_client::Answer& answer,
                                  const smtp_client::Verdict& verdict,
                                  const Circumstances& circumstances, const RetryPolicy& retry,
                                  double jitter) {
  core::DeliveryOutcome outcome;
  outcome.recipient_id = recipient.id;
  outcome.message_id = recipient.message_id;
  outcome.address = recipient.address;
  outcome.at = circumstances.at;
  outcome.attempt = recipient.attempts + 1;
  outcome.smtp_code = answer.reply.code;
  outcome.enhanced_code = answer.reply.enhanced;
  outcome.smtp_response = smtp::OneLine(answer.reply);
  outcome.mx_host = circumstances.mx_host;
  outcome.mx_address = circumstances.mx_address;
  outcome.tls = circumstances.tls;
  outcome.dialogue = circumstances.dialogue;
  if (answer.Delivered()) {
    outcome.disposition = Disposition::kDelivered;
    return outcome;
  }
  outcome.rule = verdict.rule;
  if (verdict.permanent) {
    outcome.disposition = Disposition::kBounced;
    outcome.bounce_class = verdict.bounce_class;
    outcome.suppress = verdict.suppress;
    return outcome;
  }
  const auto next =
      retry.NextAttempt(outcome.attempt, circumstances.at, recipient.expires_at, jitter);
  outcome.disposition = next ? Disposition::kDeferred : Disposition::kBounced;
  outcome.next_attempt_at = next.value_or(0);
  if (!next) outcome.bounce_class = "expired";
  return outcome;
}

smtp_client::Answer CannotCompose(const Error& error) {
  const bool may_pass = core::MayPass(error.kind);
  // An internal error's words are for the log, not for events that senders read.
  const std::string why = may_pass ? "try later" : error.public_text;
  return {smtp_client::Stage::kCompose,
          smtp::NoReply(may_pass ? "4.3.0" : "5.6.0", "the message cannot be made: " + why)};
}

}  // namespace egd::queue
