// From a Draft to the message that goes on the wire (RFC 5322, 2045-2047, 2183, 2231, 2387, 6532).
//  - Pure: the same draft and options give the same bytes, so a retry repeats the first attempt.
//  - All but a UTF-8 local part is 7-bit ASCII, whatever the server offers: nobody downstream
//    re-encodes it, so nobody breaks its signature.
//  - multipart/mixed [ multipart/alternative [ text, multipart/related [ html, inline parts ],
//    invitation ], attachments ], each level only where it is needed. An inline part with a
//    Content-ID is related to the HTML; an iCalendar attachment with a METHOD is also an
//    alternative, so that mail programs show it as an invitation.
//  - No Bcc field, ever; without To and Cc there is "To: undisclosed-recipients:;".
//  - message/… and multipart/… must not be encoded (RFC 2045 section 6.4): a message/rfc822 of
//    clean ASCII goes as it is; everything else of these types goes as application/octet-stream, so
//    that its bytes arrive unchanged.
//  - A file's name goes out twice: filename by RFC 2231, and name for readers that are older.
// The tests read the result back with GMime. Composing with it took 180 µs where this takes 9.
#pragma once

#include <string>

#include "daemon/core/message.h"
#include "daemon/mime/list_fields.h"
#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::mime {

struct ComposeOptions {
  Uuid message_id;
  std::string message_id_host;  // right of the @: the return-path host
  UnixMillis date = 0;          // the Date field
  ListFields list;
};

// The complete message with CR LF line endings, unsigned. Thread-safe. Never fails: control
// characters and broken UTF-8 come out as visible text, a custom header whose name is not one is
// left out.
std::string Compose(const core::Draft& draft, const ComposeOptions& options);

}  // namespace egd::mime
