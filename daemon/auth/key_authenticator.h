// Who is asking (contract section 3).
//
// A key names its own kind by its prefix, whichever parameter it came in: eg_live_ or eg_test_ a
// sender key, eg_user_ a user key, eg_sess_ a session; the admin key is known by its digest. Where
// several are offered, the most specific parameter wins and the others are not tried: AdminAPIKey,
// SenderAPIKey, APIKey, SessionID, Bearer. Secrets are looked up by SHA-256 only, so the time of a
// look-up says nothing about the secret.
//
// An admin acts for the user of UserID, or for `default`, where a Command needs a user. What
// belongs to another user is answered as if it were not there.
#pragma once

#include <chrono>
#include <string>

#include "daemon/core/authenticator.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::auth {

constexpr std::chrono::hours kSessionIdleLimit{12};
constexpr std::chrono::hours kSessionAgeLimit{30 * 24};  // however busy it is
constexpr char kDefaultUsername[] =
    "default";  // made on first start; whom the local admin acts for

// One read of the store a request. That a session or user key was used is noted without waiting, at
// most once a minute. Owned by Daemon. Thread-safe.
class KeyAuthenticator final : public core::Authenticator {
 public:
  // `admin_key_digest`: the SHA-256 of the admin key.
  KeyAuthenticator(store::Store& store, const Clock& clock, std::string admin_key_digest);

  Result<core::Principal> Authenticate(const core::Credentials& credentials,
                                       catalogue::Caller needed) override;

 private:
  struct Identity;

  Result<Identity> Identify(store::Connection& connection,
                            const core::Credentials& credentials) const;
  Result<Identity> IdentifyUserKey(store::Connection& connection, const std::string& digest,
                                   const std::string& client_address) const;
  Result<Identity> IdentifySession(store::Connection& connection, const std::string& digest,
                                   const std::string& client_address) const;
  void NoteUse(const Identity& identity);

  store::Store& store_;
  const Clock& clock_;
  const std::string admin_key_digest_;
};

}  // namespace egd::auth
