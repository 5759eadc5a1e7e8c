#include "daemon/service/sending/refusal_reply.h"

#include "shared/base/strings.h"

namespace egd::service {
namespace {

// A 4yz reply makes the client try again later; all else would be refused again.
std::string_view CodeOf(SendProblem problem) {
  using enum SendProblem;
  switch (problem) {
    case kDomainMissing:
    case kDomainNotEnabled:
    case kUserDisabled:
    case kUserNotVerified:
    case kUserUntrusted:
    case kFromOutsideDomain:
      return "550 5.7.1";
    case kFromMissing:
    case kFromInvalid:
      return "550 5.1.7";
    case kToMissing:
    case kToInvalid:
    case kCcMissing:
    case kCcInvalid:
    case kBccMissing:
    case kBccInvalid:
      return "550 5.1.3";
    case kAllSuppressed:
      return "550 5.1.1";
    case kNoRecipients:
      return "554 5.5.1";
    case kTooManyRecipients:
    case kTooManyBcc:
      return "452 4.5.3";
    case kTooLarge:
      return "552 5.3.4";
    case kMonthlyLimit:
    case kRateLimit:
      return "451 4.7.1";
    case kReplyToMissing:
    case kReplyToInvalid:
    case kTooManyReplyTo:
    case kTemplateInvalid:
    case kTargetListInvalid:
    case kListInvalid:
    case kSubscriberInvalid:
    case kJourneyInvalid:
    case kActionInvalid:
    case kSubjectMissing:
    case kHtmlMissing:
    case kPlainMissing:
    case kAttachmentInvalid:
    case kHeaderForbidden:
    case kSendAtTooLate:
    case kMalformed:
    case kIdempotencyKeyTooLong:
    case kIdempotencyKeyReused:
      return "554 5.6.0";
  }
  return "451 4.3.0";
}

std::string_view RemedyFor(SendProblem problem) {
  using enum SendProblem;
  if (problem == kFromOutsideDomain || problem == kFromMissing || problem == kFromInvalid) {
    return "Set the From address to one in the sender domain of these credentials";
  }
  if (problem == kDomainNotEnabled) return "See what the domain lacks: egctl verifydomain";
  if (problem == kMonthlyLimit) return "Raise the user's MonthlySendLimit, or wait for next month";
  if (problem == kRateLimit) return "Send more slowly, or raise the user's SendRatePerMinute";
  if (problem == kTooLarge) return "Send smaller attachments, or raise [limits] max_message_bytes";
  return {};
}

}  // namespace

core::MailReply MailReplyFor(const SendRefusal& refusal) {
  const std::string reply = SmtpReply(refusal);  // "550 5.7.1 …"
  const size_t text = reply.find(' ', 4);
  return {std::stoi(reply), reply.substr(4, text - 4), reply.substr(text + 1),
          std::string(RemedyFor(refusal.problem))};
}

std::string SmtpReply(const SendRefusal& refusal) {
  constexpr size_t kMostText = 400;  // a reply line has 512 octets (RFC 5321 section 4.5.3.1.5)
  return std::string(CodeOf(refusal.problem)) + " " + Printable(refusal.text.substr(0, kMostText));
}

}  // namespace egd::service
