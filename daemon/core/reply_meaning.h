// NAME
//   reply_meaning: what a server's refusal refuses, read from its code, its enhanced code and its
//   words. The same for a reply heard in a dialogue and one quoted in a bounce mail.
//
// EVIDENCE, strongest first. The first kind that says anything decides.
//   1. Clear words   a phrase that names what is refused: "user unknown", "client host blocked".
//                    When several are found, the first of this list counts (not the first found):
//                      what says that it does not know ("may not exist, or may be blacklisted")
//                      the sender's domain      "MailFrom domain is listed in Spamhaus"
//                      the return-path          "Sender verify failed / No such user here"
//                      the mailbox for now      "552 5.1.1 Recipient over quota"
//                      the content              "link in this message listed by Spamhaus"
//                      us                       "client host listed by Spamhaus"
//                      policy, the server's state, the protocol, the recipient's domain
//                      the mailbox              last: it is believed when nothing contradicts
//   2. A specific enhanced code, as 5.1.1 or 5.7.26. A missing mailbox is believed of a code only
//      when the words hint at nothing else: "552 5.1.1 … policy error", "550 5.1.1 … reputation".
//   3. Hints         a word that goes with several subjects: "policy", "spam", "blocked"; in the
//                    order above, save that us comes behind policy.
//   4. A general code, as 5.7.1 or 552, and the stage.
//   The longest phrase of the winning subject names the rule and the cause.
//
// STAGE
//   At MAIL only the sender has been named: a missing mailbox there is the return-path. With 4yz
//   nothing is said about a mailbox's existence for good: such a refusal is the server's state.
//
// WORDS
//   All lines count, without addresses, host names, URLs and numbers (reply_words.h).
//
// SEE ALSO
//   RFC 3463 and the IANA registry of enhanced codes; RFC 5321 section 4.2. Causes have the names
//   that Sisimai publishes for bounce reasons.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace egd::core {

enum class Refused {
  kUnclear,
  kSenderDomain,  // the tenant's domain: reputation, authentication
  kReturnPath,
  kMailboxForNow,  // full, over a rate, disabled: the address is right
  kContent,        // this message
  kUs,             // our address, host, name or rate
  kPolicy,         // a rule of the recipient's side that says no more
  kServer,         // its state: greylisting, overload, trouble of its own
  kProtocol,
  kRecipientDomain,
  kMailbox,  // it does not exist
};
// "unclear", "return-path", "mailbox-temporary", "sender-domain", "content", "sender-reputation",
// "policy", "temporary", "protocol", "recipient-domain", "mailbox".
std::string_view Name(Refused refused);

enum class ReplyStage {
  kUnknown,  // quoted in a bounce mail
  kMail,
  kRcpt,
  kContent,  // DATA, BDAT, the final dot
};

struct ReplyMeaning {
  Refused refused = Refused::kUnclear;
  std::string_view cause;          // "userunknown", "mailboxfull", …; "undefined"
  bool passes = false;             // with time, whatever the code's first digit
  std::string_view rule;           // its name, for explanations: "no-mailbox"
  std::string_view reason;         // the same in words
  std::vector<std::string> words;  // those of the reply that matched; empty: a code decided
};

// Pure, thread-safe. `code` 0: none was given; `enhanced` empty: one in the text counts.
ReplyMeaning ClassifyReply(ReplyStage stage, int code, std::string_view enhanced,
                           std::string_view text);
// What a rule says, in words; empty for an unknown name.
std::string_view ReasonOfReplyRule(std::string_view rule);

}  // namespace egd::core
