// Under which derived keys (auth::Vault::Derive) the tokens in links and addresses are made and
// read. Changing a purpose would break every link ever sent.
#pragma once

#include <string>
#include <string_view>

#include "daemon/auth/digest.h"
#include "daemon/tracking/mac.h"

namespace egd::service {

constexpr std::string_view kHitPurpose = "hit";
constexpr std::string_view kUnsubscribePurpose = "unsubscribe";
constexpr std::string_view kUnsubscribeAddressPurpose = "unsubscribe-address";
constexpr std::string_view kReturnPathPurpose = "return-path";

// `key` must outlive what is returned.
inline tracking::Mac MacWith(const std::string& key) {
  return [&key](std::string_view text) { return auth::HmacSha256(key, text); };
}

}  // namespace egd::service
