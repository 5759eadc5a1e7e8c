// What stands behind /o/ and /c/ on a tracking host: whose open or click it is, and where it leads.
// It holds all that answering needs, so that a link works without a look-up, for as long as the
// master key exists, whatever has been purged since; and it leads only where this gateway was asked
// to lead:
//
//   base64url( kind 'o' | message ID, 16 octets | recipient | MAC, 12 octets )
//   base64url( kind 'c' | message ID | link index | links | recipient | URL | MAC )
//   base64url( kind 'l' | message ID | link index | links | recipient | digest, 16 octets | MAC )
//
// Numbers are LEB128; the recipient is its length and text. 'l' stands for a URL of more than
// kLongestUrl octets, kept with the message under its digest. 96 bits of HMAC-SHA-256: a guess
// costs a request each. The token is no secret from its recipient. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/tracking/mac.h"
#include "shared/base/uuid.h"

namespace egd::tracking {

// With it a link stays below 1,000 octets, which fits into a line of a message (RFC 5322 section
// 2.1.1) and into what every client takes.
constexpr size_t kLongestUrl = 512;

struct HitToken {
  bool click = false;  // else an open, which has nothing of the rest but message and recipient
  Uuid message_id;
  std::string recipient;    // envelope address
  uint32_t link_index = 0;  // from 0
  uint32_t links = 0;       // that the message has
  std::string url;          // empty: kept under url_digest
  std::string url_digest;

  bool operator==(const HitToken&) const = default;
};

std::string MakeHitToken(const HitToken& token, const Mac& mac);
// Nothing for a token that was not made with this key.
std::optional<HitToken> ReadHitToken(std::string_view token, const Mac& mac);

}  // namespace egd::tracking
