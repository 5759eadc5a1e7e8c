#include "daemon/service/sending/refusal_reply.h"

#include <iterator>

#include "shared/base/strings.h"
#include "shared/catalogue/command.h"

namespace egd::service {
namespace {

using enum SendProblem;

constexpr int kMalformedCode = catalogue::kCodeMalformed;
constexpr int kTooManyRequests = catalogue::kCodeTooManyRequests;

// A row a problem, in the order of their declaration. What a raw message cannot have is malformed
// to smtprelay.
constexpr RefusalCodes kCodes[] = {
    // problem, sendemail, smtprelay, SMTP
    {kDomainMissing, 2, 4, "550 5.7.1"},
    {kDomainNotEnabled, 32, 5, "550 5.7.1"},
    {kUserDisabled, 12, 7, "550 5.7.1"},
    {kUserNotVerified, 34, 6, "550 5.7.1"},
    {kUserUntrusted, 12, 7, "550 5.7.1"},
    {kSubjectMissing, 8, kMalformedCode, "554 5.6.0"},
    {kHtmlMissing, 10, kMalformedCode, "554 5.6.0"},
    {kPlainMissing, 11, kMalformedCode, "554 5.6.0"},
    {kFromMissing, 3, 4, "550 5.1.7"},
    {kFromInvalid, 23, 4, "550 5.1.7"},
    {kFromOutsideDomain, 3, 4, "550 5.7.1"},
    {kToMissing, 18, 19, "550 5.1.3"},
    {kToInvalid, 19, 19, "550 5.1.3"},
    {kCcMissing, 21, kMalformedCode, "550 5.1.3"},
    {kCcInvalid, 22, kMalformedCode, "550 5.1.3"},
    {kBccMissing, 25, kMalformedCode, "550 5.1.3"},
    {kBccInvalid, 26, kMalformedCode, "550 5.1.3"},
    {kReplyToMissing, 29, kMalformedCode, "554 5.6.0"},
    {kReplyToInvalid, 30, kMalformedCode, "554 5.6.0"},
    {kNoRecipients, 20, 20, "554 5.5.1"},
    {kTooManyRecipients, 20, 20, "452 4.5.3"},
    {kTooManyBcc, 27, kMalformedCode, "452 4.5.3"},
    {kTooManyReplyTo, 31, kMalformedCode, "554 5.6.0"},
    {kTemplateInvalid, 15, kMalformedCode, "554 5.6.0"},
    {kTargetListInvalid, 16, kMalformedCode, "554 5.6.0"},
    {kListInvalid, 35, kMalformedCode, "554 5.6.0"},
    {kSubscriberInvalid, 36, kMalformedCode, "554 5.6.0"},
    {kJourneyInvalid, 37, kMalformedCode, "554 5.6.0"},
    {kActionInvalid, 38, kMalformedCode, "554 5.6.0"},
    {kAttachmentInvalid, 41, kMalformedCode, "554 5.6.0"},
    {kHeaderForbidden, 42, kMalformedCode, "554 5.6.0"},
    {kSendAtTooLate, 43, kMalformedCode, "554 5.6.0"},
    {kUnsubscribeUnavailable, 45, kMalformedCode, "554 5.6.0"},
    {kTooLarge, 44, 44, "552 5.3.4"},
    {kMalformed, kMalformedCode, kMalformedCode, "554 5.6.0"},
    {kAllSuppressed, 14, 8, "550 5.1.1"},
    {kMonthlyLimit, 17, 17, "451 4.7.1"},
    {kRateLimit, kTooManyRequests, kTooManyRequests, "451 4.7.1"},
    {kIdempotencyKeyTooLong, kMalformedCode, kMalformedCode, "554 5.6.0"},
    {kIdempotencyKeyReused, 40, kMalformedCode, "554 5.6.0"},
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < std::size(kCodes); ++i) {
    if (kCodes[i].problem != SendProblem(i)) return false;
  }
  return std::size(kCodes) == size_t(kIdempotencyKeyReused) + 1;
}
static_assert(IsInOrder());

std::string_view RemedyFor(SendProblem problem) {
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

const RefusalCodes& CodesOf(SendProblem problem) {
  return kCodes[size_t(problem)];
}

std::string SmtpReply(const SendRefusal& refusal) {
  constexpr size_t kMostText = 400;  // a reply line has 512 octets (RFC 5321 section 4.5.3.1.5)
  return std::string(CodesOf(refusal.problem).smtp) + " " +
         Printable(refusal.text.substr(0, kMostText));
}

}  // namespace egd::service
