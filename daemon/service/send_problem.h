// Why a message is not accepted. Each face (HTTP, smtprelay, SMTP) has its own codes for these.
// Values.
#pragma once

#include <string>
#include <vector>

namespace egd::service {

enum class SendProblem {
  kDomainMissing,
  kDomainNotEnabled,
  kUserDisabled,
  kUserNotVerified,
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
  kAttachmentInvalid,
  kHeaderForbidden,  // or not a field name
  kSendAtTooLate,
  kTooLarge,
  kAllSuppressed,
  kMonthlyLimit,
  kRateLimit,
  kIdempotencyKeyTooLong,
  kIdempotencyKeyReused,  // with another body
};

struct SendRefusal {
  SendProblem problem = SendProblem::kDomainMissing;
  std::string text;  // a sentence that names parameter and entry: "To[1].email is not …"
};
using SendRefusals = std::vector<SendRefusal>;

}  // namespace egd::service
