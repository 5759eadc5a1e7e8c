// The local part of a return-path (VERP): it names the message, and the recipient when it has one
// of its own, and proves that this gateway made it. A bounce to any other local part is forged or
// astray.
//
//   "b-" base32( message ID, 16 octets | recipient's queue id, 0 to 8 octets | MAC, 8 octets )
//   "b-" base32( message ID, 16 octets | 0 | destination's tag, 4 octets | MAC, 8 octets )
//
// The second where several recipients at one destination share a copy: a notification from there
// says nothing of the message's recipients elsewhere. Mail to "u-" and such a token, under a key of
// its own, unsubscribes the recipient (the mailto form of List-Unsubscribe).
// Base32 (RFC 4648 section 6) in lower case without padding: local parts come back in any case. At
// most 54 octets, of the 64 that RFC 5321 section 4.5.3.1.1 allows. 64 bits of HMAC-SHA-256: a
// guess costs a connection each. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/tracking/mac.h"
#include "shared/base/uuid.h"

namespace egd::tracking {

struct ReturnPath {
  Uuid message_id;
  int64_t recipient_id = 0;  // 0: several recipients share it, and the bounce says which
  uint32_t destination = 0;  // of those: their DestinationTag; 0: anywhere

  bool operator==(const ReturnPath&) const = default;
};

// Stands for a destination (a domain in lower case) in a return-path; never 0.
uint32_t DestinationTag(std::string_view destination, const Mac& mac);
std::string MakeReturnPath(const ReturnPath& path, const Mac& mac);
// Nothing for a local part that was not made with this key. Any case.
std::optional<ReturnPath> ReadReturnPath(std::string_view local_part, const Mac& mac);

// The same behind "u-", under a key of its own: mail to it unsubscribes the recipient.
std::string MakeUnsubscribeLocalPart(const ReturnPath& path, const Mac& mac);
std::optional<ReturnPath> ReadUnsubscribeLocalPart(std::string_view local_part, const Mac& mac);

}  // namespace egd::tracking
