// E-mail addresses as the envelope carries them. Pure, thread-safe. RFC 5321 section 4.1.2
// (Mailbox) and 4.5.3.1 (lengths), RFC 6531 section 3.3 (UTF-8 in local parts), RFC 3696 erratum
// 1690 (254).
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace egd::core {

constexpr size_t kMaxLocalPartBytes = 64;
constexpr size_t kMaxEmailAddressBytes = 254;  // a path is 256 with its angle brackets

struct EmailAddress {
  std::string local;             // case kept, quoted only where it must be
  std::string domain;            // lower case A-labels, at least two
  bool non_ascii_local = false;  // only a server with SMTPUTF8 can take it

  std::string Text() const { return local + "@" + domain; }
  bool operator==(const EmailAddress&) const = default;
};

// `text` is one bare addr-spec: no name, no angle brackets, no comments, no space around it.
// Address literals ("[192.0.2.1]") and dotless domains are refused: nobody who sends through a
// gateway means them. Dots in a row or at the end of a local part are taken unquoted, though the
// grammar wants quotes: some providers have given such mailboxes away, and that is how they are
// written.
//
// kInvalidArgument: why not, as the end of a sentence about the address: "has no @".
Result<EmailAddress> ParseEmailAddress(std::string_view text);

}  // namespace egd::core
