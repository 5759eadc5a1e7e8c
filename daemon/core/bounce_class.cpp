#include "daemon/core/bounce_class.h"

#include <algorithm>
#include <string>

namespace egd::core {
namespace {

struct CauseClass {
  std::string_view name, causes;
};
constexpr CauseClass kCauseClasses[] = {
    {"hard", "|userunknown|hasmoved|"},
    {"domain", "|hostunknown|notaccept|networkerror|"},
    {"disabled", "|suspend|speeding|"},
    {"policy", "|authfailure|filtered|norelaying|policyviolation|securityerror|"},
    {"sender", "|rejected|"},
    {"quota", "|mailboxfull|"},
    {"size", "|mesgtoobig|exceedlimit|"},
    {"content", "|contenterror|notcompliantrfc|spamdetected|virusdetected|"},
    {"protocol", "|syntaxerror|"},
    {"expired", "|expired|"},
};

std::string_view ClassOfCause(std::string_view cause) {
  const std::string word = "|" + std::string(cause) + "|";
  const auto* found = std::ranges::find_if(kCauseClasses, [&](const CauseClass& each) {
    return each.causes.find(word) != std::string_view::npos;
  });
  return found == std::end(kCauseClasses) ? "other" : found->name;
}

}  // namespace

// The subject decides, the cause what the subject leaves open.
std::string_view BounceClassOf(Refused refused, std::string_view cause) {
  const std::string_view of_cause = ClassOfCause(cause);
  switch (refused) {
    case Refused::kUnclear:
    case Refused::kServer:
    case Refused::kUs:
      return "other";
    case Refused::kSenderDomain:
    case Refused::kPolicy:
      return "policy";
    case Refused::kReturnPath:
      return "sender";
    case Refused::kMailboxForNow:
      return of_cause == "quota" ? "quota" : "disabled";
    case Refused::kContent:
      return of_cause == "size" ? "size" : "content";
    case Refused::kProtocol:
      return of_cause == "other" ? "protocol" : of_cause;
    case Refused::kRecipientDomain:
      return "domain";
    case Refused::kMailbox:
      return "hard";
  }
  return "other";
}

std::string_view BounceClassOf(std::string_view cause, bool hard) {
  const std::string_view of_cause = ClassOfCause(cause);
  return of_cause == "hard" && !hard ? "other" : of_cause;
}

}  // namespace egd::core
