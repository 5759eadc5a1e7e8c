// The narrow interface between whoever receives a request (api, smtp_server) and whoever knows keys
// and sessions (auth): proofs in, a Principal out.
#pragma once

#include <string>

#include "daemon/core/principal.h"
#include "shared/base/result.h"
#include "shared/catalogue/command.h"

namespace egd::core {

// What a request offers as proof, as it came: unchecked, hostile, secret. Empty text: not offered.
struct Credentials {
  std::string bearer;          // Authorization: Bearer …; any kind of key
  std::string api_key;         // APIKey: a user key
  std::string session_id;      // SessionID, from user.login
  std::string sender_api_key;  // SenderAPIKey: eg_live_…
  std::string admin_api_key;   // AdminAPIKey
  std::string user_id;         // UserID: whom an admin acts for; of no meaning for kAdmin
  std::string domain_id;  // DomainID: the domain meant where a sender key is usual (kSenderKey)
  std::string client_address;  // textual IP without port, or "unix"
  bool local_admin = false;    // the peer of the Unix socket is root or the daemon's own uid

  bool HasKey() const {
    return !bearer.empty() || !api_key.empty() || !session_id.empty() || !sender_api_key.empty() ||
           !admin_api_key.empty();
  }
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // Thread-safe; may block on the store, so never on an io thread. kAnyone: whoever the key belongs to. An
  // offered key decides before `local_admin` does. kUser: a user's key or session, or an admin.
  // kSenderKey: a sender key, or a user or admin who names a domain of theirs. kSenderKeyOrUser: a
  // sender key, or as kUser. kAdmin: an admin.
  //
  // Errors: kUnauthenticated (no, wrong or expired proof), kForbidden (known, but not of the needed
  // kind, or from a foreign address), kUnprocessable (the account is disabled), kInvalidArgument (a
  // UserID or DomainID that is malformed, or a DomainID that is needed and missing), kNotFound (a
  // UserID or DomainID that is not there or not theirs), kRateLimited (too many failures),
  // kInternal, kUnavailable.
  virtual Result<Principal> Authenticate(const Credentials& credentials,
                                         catalogue::Caller needed) = 0;
};

}  // namespace egd::core
