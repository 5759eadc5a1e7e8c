// Why a message is not accepted. Each face (HTTP, smtprelay, SMTP) has its own codes for these.
// Values.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace egd::service {

enum class SendProblem {
  kDomainMissing,
  kDomainNotEnabled,
  kUserDisabled,
  kUserNotVerified,
  kUserUntrusted,
  kSubjectMissing,
  kHtmlMissing,
  kPlainMissing,
  kFromMissing,
  kFromInvalid,
  kFromOutsideDomain,
  kToMissing,  // an entry without an address; the same below
  kToInvalid,
  kCcMissing,
  kCcInvalid,
  kBccMissing,
  kBccInvalid,
  kReplyToMissing,
  kReplyToInvalid,
  kNoRecipients,
  kTooManyRecipients,
  kTooManyBcc,
  kTooManyReplyTo,
  kTemplateInvalid,
  kTargetListInvalid,
  kListInvalid,
  kSubscriberInvalid,
  kJourneyInvalid,
  kActionInvalid,
  kAttachmentInvalid,
  kHeaderForbidden,  // or not a field name
  kSendAtTooLate,
  kUnsubscribeUnavailable,  // there is no tracking server
  kTooLarge,
  kMalformed,  // no message, or an envelope that is none
  kAllSuppressed,
  kMonthlyLimit,
  kRateLimit,
  kIdempotencyKeyTooLong,
  kIdempotencyKeyReused,  // with another body
};

struct SendRefusal {
  SendProblem problem = SendProblem::kDomainMissing;
  std::string text;  // a sentence that names parameter and entry: "To[1].email is not …"
  std::chrono::seconds retry_after{0};  // of kRateLimit: when it would be accepted
};
using SendRefusals = std::vector<SendRefusal>;

}  // namespace egd::service
