// A message that its sender composed (RFC 5322), made fit to go out, as RFC 6409 section 8 lets a
// submission server do it. Policy:
//  - Line endings are CR LF, or LF throughout, which is converted. A lone CR, a lone LF among CR LF
//    and a NUL are refused: servers read them differently, and that is how messages are smuggled.
//  - The part that has a line over 998 octets is re-encoded (long_lines.h).
//  - A field is a name, a colon and UTF-8 without control characters. Which fields are kept,
//    rewritten from what they were understood to say, removed, or refused when they occur again,
//    says core/header_field_rules.h. From has to be there.
//  - In From, Sender and Reply-To a full stop after the address, as in an absolute domain name, is
//    taken off, and words before an unquoted comma belong to the name that follows: Doe, Jane <…>.
//  - Added where missing: Date, Message-ID, and Sender where From has several addresses; always:
//    Received (RFC 5321 section 4.4). The fields for the gateway (control_fields.h) are removed.
//    All else stays as it is.
// Pure functions, thread-safe. GMime reads the addresses and encoded-words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/mime/control_fields.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/uuid.h"

namespace egd::mime {

struct RawOptions {
  Uuid message_id;
  std::string message_id_host;  // right of the @: the return-path host
  std::string sender_domain;    // a Sender outside it is removed
  UnixMillis date = 0;          // now
  std::string received_by;      // this host's name
  std::string received_from;    // the client's, empty: not told
  std::string protocol;         // "ESMTPSA"
};

struct RawMessage {
  std::string data;  // complete, CR LF, unsigned
  // As the fields say, decoded to UTF-8, printable. Addresses are unchecked.
  std::vector<core::Mailbox> from, to, cc, bcc;
  std::string subject;
  ControlFields controls;
  bool eight_bit_header = false;  // only a server with SMTPUTF8 can take it (RFC 6532)
};

// kInvalidArgument: why not, as a sentence.
Result<RawMessage> CompleteRaw(std::string_view text, const RawOptions& options);

}  // namespace egd::mime
