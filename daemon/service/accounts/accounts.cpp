#include "daemon/service/accounts/accounts.h"

#include <utility>

#include "daemon/auth/address.h"
#include "daemon/auth/digest.h"
#include "daemon/auth/key_authenticator.h"
#include "daemon/core/email_address.h"
#include "daemon/service/accounts/ownership.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/store/session_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kMaxUsernameBytes = 128;

bool IsUsername(const std::string& name) {
  return !name.empty() && name.size() <= kMaxUsernameBytes && IsUtf8(name) && !HasControl(name) &&
         Trim(name) == name;
}

bool IsPassword(const std::string& password) {
  return password.size() >= auth::Passwords::kMinBytes &&
         password.size() <= auth::Passwords::kMaxBytes;
}

bool IsEmailAddress(const std::string& text) {
  return bool(core::ParseEmailAddress(text));
}

// What is wrong with the settings whoever the user is.
std::vector<AccountProblem> Problems(const AccountSettings& settings) {
  std::vector<AccountProblem> problems;
  if (settings.username && !IsUsername(*settings.username)) {
    problems.push_back(AccountProblem::kUsernameInvalid);
  }
  if (settings.email_address && !IsEmailAddress(*settings.email_address)) {
    problems.push_back(AccountProblem::kEmailAddressInvalid);
  }
  if (settings.password && !IsPassword(*settings.password)) {
    problems.push_back(AccountProblem::kPasswordInvalid);
  }
  return problems;
}

template <typename T>
void Set(T& value, const std::optional<T>& setting) {
  if (setting) value = *setting;
}

// Everything but the password, which must have been hashed before the writer is asked.
void Apply(const AccountSettings& settings, core::User& user) {
  Set(user.username, settings.username);
  if (settings.email_address)
    user.email_address = core::ParseEmailAddress(*settings.email_address)->Text();
  Set(user.first_name, settings.first_name);
  Set(user.last_name, settings.last_name);
  Set(user.company_name, settings.company_name);
  Set(user.enabled, settings.enabled);
  Set(user.trusted, settings.trusted);
  Set(user.verified, settings.verified);
  Set(user.max_sender_domains, settings.max_sender_domains);
  Set(user.monthly_send_limit, settings.monthly_send_limit);
  Set(user.send_rate_per_minute, settings.send_rate_per_minute);
  Set(user.permissions, settings.permissions);
}

// Both are looked at, so that both are reported.
std::vector<AccountProblem> TakenByOthers(store::UserStore& users, const core::User& user) {
  const auto other = [&](const std::optional<core::User>& holder) {
    return holder && holder->id != user.id;
  };
  std::vector<AccountProblem> problems;
  if (other(users.FindByUsername(user.username)))
    problems.push_back(AccountProblem::kUsernameTaken);
  if (other(users.FindByEmailAddress(user.email_address))) {
    problems.push_back(AccountProblem::kEmailAddressTaken);
  }
  return problems;
}

// Taken names were looked for in the same transaction, so anything else is a bug.
Result<void> Saved(store::UserSaved outcome) {
  if (outcome == store::UserSaved::kSaved) return {};
  return Internal("the store refused a user whose names are free");
}

Error WrongLogin() {
  return Unauthenticated("The user name, password or key is wrong");
}
Error AccountDisabled() {
  return Forbidden("This account is disabled");
}

Error TooManyFailures(std::chrono::seconds wait) {
  return Error{ErrorKind::kRateLimited,
               "Too many failed logins; try again in " + std::to_string(wait.count()) + " seconds",
               {}};
}

// The store failed or was busy.
bool SaysNothingOfTheKey(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kInternal;
}

Error UserNotFound() {
  return NotFound("User not found");
}

}  // namespace

Accounts::Accounts(store::Store& store, core::Authenticator& authenticator,
                   auth::Passwords& passwords, auth::LoginThrottle& throttle, const Clock& clock,
                   const config::Config::Limits& limits)
    : store_(store),
      authenticator_(authenticator),
      passwords_(passwords),
      throttle_(throttle),
      clock_(clock),
      limits_(limits) {}

Result<void> Accounts::MakeDefaultUser() {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    store::UserStore users(tx);
    if (users.Count() > 0) return {};
    core::User user;
    user.username = auth::kDefaultUsername;
    user.created_at = clock_.Now();
    return Saved(users.Insert(user));
  });
}

Result<std::optional<core::User>> Accounts::FindByName(const LoginName& name) {
  return store_.Read([&](store::Connection& connection) {
    store::UserStore users(connection);
    return name.username.empty() ? users.FindByEmailAddress(name.email_address)
                                 : users.FindByUsername(name.username);
  });
}

Result<Login> Accounts::LogIn(const LoginName& name, std::string_view password,
                              const std::string& client_address) {
  const Result<std::optional<core::User>> user = FindByName(name);
  if (!user) return user.error();
  // Guesses count per user, by whichever of its names; an unknown name counts as itself.
  const std::string counted =
      *user ? "#" + std::to_string((*user)->id) : name.username + name.email_address;
  if (const auto wait = throttle_.Refuse(counted, client_address)) return TooManyFailures(*wait);
  const Result<bool> matches =
      passwords_.Matches(password, *user ? (*user)->password_hash : std::string());
  if (!matches) {
    throttle_.TakeBack(counted, client_address);
    return matches.error();
  }
  if (!*matches) {
    log::Info("login failed",
              {{"client", client_address}});  // no name: it may be a mistyped password
    return WrongLogin();
  }
  throttle_.Forgive(counted, client_address);
  return OpenSession(**user, 0);
}

Result<Login> Accounts::LogInWithKey(const std::string& key, const std::string& client_address) {
  if (const auto wait = throttle_.Refuse(key, client_address)) return TooManyFailures(*wait);
  core::Credentials credentials;
  credentials.api_key = key;
  credentials.client_address = client_address;
  const Result<core::Principal> caller =
      authenticator_.Authenticate(credentials, catalogue::Caller::kUser);
  if (!caller && caller.error().kind == ErrorKind::kUnauthenticated) return WrongLogin();
  if (!caller && caller.error().kind == ErrorKind::kUnprocessable) return AccountDisabled();
  if (!caller) {
    if (SaysNothingOfTheKey(caller.error())) throttle_.TakeBack(key, client_address);
    return caller.error();
  }
  if (!key.starts_with(auth::kUserKeyPrefix)) return WrongLogin();  // a session or the admin key
  throttle_.Forgive(key, client_address);
  const Result<core::User> user = Find(caller->user_id);
  if (!user) return user.error();
  return OpenSession(*user, caller->user_key_id);
}

// User and key are looked at again where the session is made: they may have been deleted, disabled
// or given another password while this one was being checked.
Result<Login> Accounts::OpenSession(const core::User& user, int64_t key_id) {
  std::string id = auth::NewKey(auth::kSessionPrefix);
  const UnixMillis now = clock_.Now();
  const store::Session session{auth::Sha256(id), user.id, key_id, {}, now, now};
  const Result<void> opened = store_.Write([&](store::Transaction& tx) -> Result<void> {
    const std::optional<core::User> current = store::UserStore(tx).Find(user.id);
    if (!current || current->password_hash != user.password_hash) return WrongLogin();
    if (!current->enabled) return AccountDisabled();
    if (key_id != 0 && !store::UserKeyStore(tx).Exists(key_id)) return WrongLogin();
    store::SessionStore(tx).Insert(session);
    return {};
  });
  if (!opened) return opened.error();
  return Login{std::move(id), user};
}

Result<void> Accounts::LogOut(const std::string& session_digest) {
  return store_.Write(
      [&](store::Transaction& tx) { store::SessionStore(tx).Delete(session_digest); });
}

Result<core::User> Accounts::Find(int64_t user_id) {
  Result<std::optional<core::User>> user = store_.Read(
      [&](store::Connection& connection) { return store::UserStore(connection).Find(user_id); });
  if (!user) return user.error();
  if (!*user) return UserNotFound();
  return std::move(**user);
}

// Empty when no password is set.
Result<std::string> Accounts::HashNew(const AccountSettings& settings) {
  return settings.password ? passwords_.Hash(*settings.password) : std::string();
}

Result<AccountOutcome> Accounts::Create(const AccountSettings& settings) {
  std::vector<AccountProblem> problems = Problems(settings);
  if (!problems.empty()) return AccountOutcome(std::move(problems));
  core::User user;
  Apply(settings, user);
  user.created_at = clock_.Now();
  Result<std::string> hash = HashNew(settings);
  if (!hash) return hash.error();
  user.password_hash = std::move(*hash);
  return store_.Write([&](store::Transaction& tx) -> Result<AccountOutcome> {
    store::UserStore users(tx);
    std::vector<AccountProblem> taken = TakenByOthers(users, user);
    if (!taken.empty()) return AccountOutcome(std::move(taken));
    const Result<void> saved = Saved(users.Insert(user));
    if (!saved) return saved.error();
    return AccountOutcome(user);
  });
}

Result<AccountOutcome> Accounts::Update(int64_t user_id, const AccountSettings& settings) {
  std::vector<AccountProblem> problems = Problems(settings);
  if (!problems.empty()) return AccountOutcome(std::move(problems));
  const Result<std::string> hash = HashNew(settings);
  if (!hash) return hash.error();
  return store_.Write([&](store::Transaction& tx) -> Result<AccountOutcome> {
    store::UserStore users(tx);
    std::optional<core::User> user = users.Find(user_id);
    if (!user) return AccountOutcome(std::vector{AccountProblem::kUserMissing});
    Apply(settings, *user);
    if (settings.password) user->password_hash = *hash;
    std::vector<AccountProblem> taken = TakenByOthers(users, *user);
    if (!taken.empty()) return AccountOutcome(std::move(taken));
    const Result<void> saved = Saved(users.Update(*user));
    if (!saved) return saved.error();
    tx.notes().may_be_due = user->enabled;
    if (settings.password || !user->enabled) store::SessionStore(tx).DeleteByUser(user_id);
    return AccountOutcome(std::move(*user));
  });
}

Result<store::UserPage> Accounts::List(const std::string& keyword, int64_t from, int64_t count) {
  return store_.Read([&](store::Connection& connection) {
    return store::UserStore(connection).List(keyword, from, count);
  });
}

Result<void> Accounts::Delete(const std::vector<int64_t>& user_ids) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    for (const int64_t id : user_ids) {
      if (!store::UserStore(tx).Delete(id)) return UserNotFound();  // undoes those before it
    }
    SweepSome(tx, clock_.Now());
    return {};
  });
}

Result<NewUserKey> Accounts::CreateKey(const core::Principal& maker, const std::string& note,
                                       const std::optional<std::string>& bound_ip) {
  if (bound_ip && !auth::AddressBytes(*bound_ip)) {
    return InvalidArgument("BoundIPAddress is not an IP address");
  }
  const std::string& own = maker.bound_ip;
  if (!own.empty() && bound_ip && auth::AddressBytes(*bound_ip) != auth::AddressBytes(own)) {
    return Forbidden("A key bound to " + own + " makes keys bound to the same address only");
  }
  const int64_t user_id = maker.user_id;
  NewUserKey made{0, auth::NewKey(auth::kUserKeyPrefix)};
  store::UserKey row;
  row.user_id = user_id;
  row.digest = auth::Sha256(made.key);
  row.note = note;
  row.bound_ip = bound_ip.value_or(own);
  row.created_at = clock_.Now();
  const Result<void> inserted = store_.Write([&](store::Transaction& tx) -> Result<void> {
    if (!store::UserStore(tx).Find(user_id)) return UserNotFound();
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kUserKeys, user_id);
    if (allowed) store::UserKeyStore(tx).Insert(row);
    return allowed;
  });
  if (!inserted) return inserted.error();
  made.id = row.id;
  return made;
}

Result<std::vector<store::UserKey>> Accounts::ListKeys(int64_t user_id) {
  return store_.Read(
      [&](store::Connection& connection) { return store::UserKeyStore(connection).List(user_id); });
}

Result<void> Accounts::DeleteKey(int64_t user_id, int64_t key_id) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    if (!store::UserKeyStore(tx).Delete(user_id, key_id)) return NotFound("API key not found");
    return {};
  });
}

}  // namespace egd::service
