// NAME
//   bounce_reason: why mail was returned, from a reply code, an enhanced status code and words.
//
// POLICY
//   The reasons are Sisimai's, the names people know. Words count before codes: many servers give
//   5.1.1 for a full mailbox and 5.7.1 for an unknown one. What is not about the mailbox is looked
//   for first, so that "user unknown" decides only where nothing milder is said. Words are read
//   without the addresses, host names and URLs in them.
//
//   Four reasons are hard, when the failure is permanent: userunknown, hostunknown, hasmoved,
//   notaccept. An unknown user counts only where the server said so of the recipient, in reply to
//   RCPT or with a status for it; the same words about the content, or from a filter, are
//   "filtered". What a server says in reply to MAIL is about us.
//
// SEE ALSO
//   RFC 3463 and RFC 5248 (enhanced status codes), RFC 7505 and RFC 7504 (hosts that take no mail).
#pragma once

#include <string>
#include <string_view>

namespace egd::mime {

// The command that was answered.
enum class BounceStage { kUnknown, kConnect, kMail, kRcpt, kData };

struct BounceFacts {
  int code = 0;             // SMTP reply code; 0: none
  std::string_view status;  // "5.1.1"; empty: none
  BounceStage stage = BounceStage::kUnknown;
  std::string_view words;  // what the server or the notice says
};

struct BounceReason {
  std::string_view reason = "undefined";
  bool hard = false;
};

// Pure, thread-safe.
BounceReason ReasonFor(const BounceFacts& facts);

// The words without addresses, URLs, host names and codes of continued replies, in lower case,
// with single spaces.
std::string PlainWords(std::string_view text);

}  // namespace egd::mime
