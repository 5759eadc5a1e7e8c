// Who is asking: the outcome of authentication, the input of every permission check. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace egd::core {

enum class PrincipalKind { kAnonymous, kUser, kSenderKey, kAdmin };

struct Principal {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  int64_t user_id = 0;    // the user acted for; 0 for an admin without UserID
  int64_t domain_id = 0;  // of a sender key
  bool is_test = false;   // a test key: what it sends never leaves the gateway
  std::string
      key_id;  // names the credential in logs and rate limits ("sender:7"), never the secret
  std::vector<std::string> permissions;  // of the user; an admin has all
  int64_t user_key_id = 0;     // the user key, also the one that opened the session; 0: none
  std::string bound_ip;        // the only address that key may be used from; empty: any
  std::string session_digest;  // of a session; empty: none
};

bool HasPermission(const Principal& principal, std::string_view permission);

}  // namespace egd::core
