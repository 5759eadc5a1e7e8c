// Users, their sessions and their keys (contract sections 3 and 8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/auth/login_throttle.h"
#include "daemon/auth/passwords.h"
#include "daemon/core/authenticator.h"
#include "daemon/core/user.h"
#include "daemon/store/store.h"
#include "daemon/store/user_key_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

// What user.create and user.update set; nullopt: as it is.
struct AccountSettings {
  std::optional<std::string> username, email_address, password;
  std::optional<std::string> first_name, last_name, company_name;
  std::optional<bool> enabled, trusted, verified;
  std::optional<int64_t> max_sender_domains, monthly_send_limit, send_rate_per_minute;
  std::optional<std::vector<std::string>> permissions;
};

// Why settings were refused; nothing was changed.
enum class AccountProblem {
  kUserMissing,
  kUsernameInvalid,  // empty, over 128 bytes, control characters, or space around it
  kEmailAddressInvalid,
  kPasswordInvalid,  // not 8 to 1024 bytes
  kUsernameTaken,
  kEmailAddressTaken,
};
using AccountOutcome = std::variant<core::User, std::vector<AccountProblem>>;

struct LoginName {
  std::string username;       // or, when it is empty,
  std::string email_address;  // this
};

struct Login {
  std::string session_id;  // shown once
  core::User user;
};

struct NewUserKey {
  int64_t id = 0;
  std::string key;  // shown once
};

// Callers have checked that the one who asks is permitted; user IDs come from their Principal.
// Owned by Daemon. Thread-safe; every method blocks on the store, those that take a password on
// Argon2id as well. Besides what each says, all return the store's kUnavailable and kInternal.
class Accounts {
 public:
  Accounts(store::Store& store, core::Authenticator& authenticator, auth::Passwords& passwords,
           auth::LoginThrottle& throttle, const Clock& clock,
           const config::Config::Limits& limits = {});

  // Makes the user `default`, with every permission and no limit, when there is no user at all.
  Result<void> MakeDefaultUser();

  // kUnauthenticated: unknown name or wrong password, not told apart; kForbidden: right, but the
  // account is disabled; kRateLimited: too many failures of this user or from this address.
  Result<Login> LogIn(const LoginName& name, std::string_view password,
                      const std::string& client_address);
  // The same with a user key in place of name and password; kForbidden also when it is bound to
  // another address. The session is bound alike, and ends with the key.
  Result<Login> LogInWithKey(const std::string& key, const std::string& client_address);

  Result<void> LogOut(const std::string& session_digest);

  Result<core::User> Find(int64_t user_id);  // kNotFound
  Result<AccountOutcome> Create(const AccountSettings& settings);
  // A new password, or disabling the user, ends the user's sessions.
  Result<AccountOutcome> Update(int64_t user_id, const AccountSettings& settings);
  Result<store::UserPage> List(const std::string& keyword, int64_t from, int64_t count);
  // All of them and everything they own, or (kNotFound) none.
  Result<void> Delete(const std::vector<int64_t>& user_ids);

  // For the user that `maker` is or acts for; one bound to an address makes keys bound to it alone.
  // kInvalidArgument: `bound_ip` is not an IP address; kForbidden: it is another than the maker's.
  Result<NewUserKey> CreateKey(const core::Principal& maker, const std::string& note,
                               const std::optional<std::string>& bound_ip);
  Result<std::vector<store::UserKey>> ListKeys(int64_t user_id);  // oldest first
  // Ends its sessions too. kNotFound: absent or another user's.
  Result<void> DeleteKey(int64_t user_id, int64_t key_id);

 private:
  Result<std::optional<core::User>> FindByName(const LoginName& name);
  Result<Login> OpenSession(const core::User& user, int64_t key_id);
  Result<std::string> HashNew(const AccountSettings& settings);

  store::Store& store_;
  core::Authenticator& authenticator_;
  auth::Passwords& passwords_;
  auth::LoginThrottle& throttle_;
  const Clock& clock_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
