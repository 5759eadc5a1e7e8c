// The recipient's own unsubscribe link, <scheme>://<tracking host>/u/<token>. The token holds all
// that the endpoint needs, so a link works for as long as the master key exists, whatever has been
// purged since:
//
//   base64url( kind 'u' | domain ID, 8 octets | message ID, 16 octets | address | MAC, 16 octets )
//   base64url( kind 'l' | domain ID | list ID, 8 octets | message ID | address | MAC ): of list
//   mail
//
// 128 bits of HMAC-SHA-256 are beyond guessing (RFC 2104 section 5). Nothing in it is secret from
// its recipient. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/tracking/mac.h"
#include "shared/base/uuid.h"

namespace egd::tracking {

struct Unsubscribe {
  int64_t domain_id = 0;
  Uuid message_id;
  int64_t list_id = 0;  // 0: no list's mail
  std::string address;  // envelope recipient

  bool operator==(const Unsubscribe&) const = default;
};

std::string MakeUnsubscribeToken(const Unsubscribe& unsubscribe, const Mac& mac);
// Nothing for a token that was not made with this key.
std::optional<Unsubscribe> ReadUnsubscribeToken(std::string_view token, const Mac& mac);

std::string UnsubscribeUrl(std::string_view scheme, std::string_view tracking_host,
                           std::string_view token);

}  // namespace egd::tracking
