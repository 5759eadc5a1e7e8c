#include "daemon/auth/key_authenticator.h"

#include <functional>
#include <optional>

#include "daemon/auth/address.h"
#include "daemon/auth/digest.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/sender_key_store.h"
#include "daemon/store/session_store.h"
#include "daemon/store/user_key_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::auth {

// Who the key belongs to, before what the Command needs is known; and what is due to be noted about
// its use.
struct KeyAuthenticator::Identity {
  core::Principal principal;
  std::function<void(store::Transaction&)> note_use;  // empty: noted lately, or nothing to note
};

namespace {

using core::PrincipalKind;

constexpr size_t kMaxKeyBytes = 256;  // no key is longer: hash no more of what a stranger sends
constexpr UnixMillis kNoteUseEvery = 60'000;
constexpr UnixMillis kSessionIdleMillis = std::chrono::milliseconds(kSessionIdleLimit).count();
constexpr UnixMillis kSessionAgeMillis = std::chrono::milliseconds(kSessionAgeLimit).count();

const std::string& OfferedKey(const core::Credentials& credentials) {
  for (const std::string* key : {&credentials.admin_api_key, &credentials.sender_api_key,
                                 &credentials.api_key, &credentials.session_id}) {
    if (!key->empty()) return *key;
  }
  return credentials.bearer;
}

core::Principal AdminPrincipal(std::string key_id) {
  core::Principal admin;
  admin.kind = PrincipalKind::kAdmin;
  admin.key_id = std::move(key_id);
  return admin;
}

// `bound_ip`: the one address that a key may be used from; empty: any.
bool MayUseFrom(const std::string& bound_ip, const std::string& client_address) {
  return bound_ip.empty() || AddressBytes(bound_ip) == AddressBytes(client_address);
}

Error WrongAddress() {
  return Forbidden("The key may not be used from this address");
}

Error AccountDisabled() {
  return Unprocessable("This account is disabled");
}

Result<core::Principal> UserPrincipal(store::Connection& connection, int64_t user_id,
                                      std::string key_id) {
  std::optional<core::User> user = store::UserStore(connection).Find(user_id);
  if (!user) return Unauthenticated("The key is not valid");  // deleted since the key was found
  if (!user->enabled) return AccountDisabled();
  core::Principal principal;
  principal.kind = PrincipalKind::kUser;
  principal.user_id = user_id;
  principal.key_id = std::move(key_id);
  principal.permissions = std::move(user->permissions);
  return principal;
}

Result<core::Principal> SenderPrincipal(store::Connection& connection, const std::string& digest) {
  std::optional<store::SenderGrant> grant = store::SenderKeyStore(connection).FindByDigest(digest);
  if (!grant) return Unauthenticated("The sender key is not valid");
  if (!grant->user_enabled) return AccountDisabled();
  core::Principal principal;
  principal.kind = PrincipalKind::kSenderKey;
  principal.user_id = grant->user_id;
  principal.domain_id = grant->domain_id;
  principal.is_test = grant->is_test;
  principal.key_id = "sender:" + std::to_string(grant->key_id);
  principal.permissions = std::move(grant->permissions);
  return principal;
}

// The ID in a parameter of the request: nothing when it was not given.
Result<std::optional<int64_t>> ParseId(const std::string& text, std::string_view parameter) {
  if (text.empty()) return std::optional<int64_t>();
  const std::optional<int64_t> id = ParseInteger(text);
  if (!id) return InvalidArgument(std::string(parameter) + " is not an integer");
  return id;
}

Error UserNotFound() {
  return NotFound("User not found");
}
Error DomainNotFound() {
  return NotFound("Domain not found or access denied");
}

// The user an admin acts for.
Result<int64_t> ActedFor(store::Connection& connection, const std::string& user_id) {
  const Result<std::optional<int64_t>> id = ParseId(user_id, "UserID");
  if (!id) return id.error();
  store::UserStore users(connection);
  const std::optional<core::User> user =
      *id ? users.Find(**id) : users.FindByUsername(kDefaultUsername);
  if (user) return user->id;
  if (*id) return UserNotFound();
  return InvalidArgument("UserID is missing, and there is no user named default to act for");
}

Result<core::Principal> AsUser(store::Connection& connection, core::Principal principal,
                               const std::string& user_id) {
  if (principal.kind == PrincipalKind::kSenderKey) {
    return Forbidden("A sender key may not do this; it needs a user key or a session");
  }
  if (principal.kind == PrincipalKind::kUser) {
    if (!user_id.empty() && ParseInteger(user_id) != principal.user_id) {
      return Forbidden("Only the admin may act for another UserID");
    }
    return principal;
  }
  const Result<int64_t> acted_for = ActedFor(connection, user_id);
  if (!acted_for) return acted_for.error();
  principal.user_id = *acted_for;
  return principal;
}

Error DomainMissing(bool has_key) {
  constexpr char kText[] = "This needs a sender key, or a DomainID with a user key";
  return has_key ? InvalidArgument(kText) : Unauthenticated(kText);
}

// A user or admin in place of a sender key: for the domain they name.
Result<core::Principal> AsSender(store::Connection& connection, core::Principal principal,
                                 const core::Credentials& credentials) {
  if (principal.kind == PrincipalKind::kSenderKey) return principal;
  const Result<std::optional<int64_t>> id = ParseId(credentials.domain_id, "DomainID");
  if (!id) return id.error();
  if (!*id) return DomainMissing(credentials.HasKey());
  const std::optional<core::SenderDomain> domain = store::DomainStore(connection).Find(**id);
  const bool any_user = principal.kind == PrincipalKind::kAdmin && credentials.user_id.empty();
  if (!any_user) {
    Result<core::Principal> user = AsUser(connection, std::move(principal), credentials.user_id);
    if (!user) return user.error();
    principal = std::move(*user);
  }
  if (!domain || (!any_user && domain->user_id != principal.user_id)) return DomainNotFound();
  principal.user_id = domain->user_id;
  principal.domain_id = domain->id;
  return principal;
}

Result<core::Principal> AsNeeded(store::Connection& connection, core::Principal principal,
                                 const core::Credentials& credentials, catalogue::Caller needed) {
  switch (needed) {
    case catalogue::Caller::kAnyone:
      return principal;
    case catalogue::Caller::kUser:
      return AsUser(connection, std::move(principal), credentials.user_id);
    case catalogue::Caller::kSenderKey:
      return AsSender(connection, std::move(principal), credentials);
    case catalogue::Caller::kSenderKeyOrUser:
      if (principal.kind == PrincipalKind::kSenderKey) return principal;
      return AsUser(connection, std::move(principal), credentials.user_id);
    case catalogue::Caller::kAdmin:
      if (principal.kind == PrincipalKind::kAdmin) return principal;
      return Forbidden("Only the admin may do this");
  }
  return Internal("a caller of an unknown kind is needed");
}

}  // namespace

KeyAuthenticator::KeyAuthenticator(store::Store& store, const Clock& clock,
                                   std::string admin_key_digest)
    : store_(store), clock_(clock), admin_key_digest_(std::move(admin_key_digest)) {}

Result<core::Principal> KeyAuthenticator::Authenticate(const core::Credentials& credentials,
                                                       catalogue::Caller needed) {
  Result<Identity> identity = store_.Read([&](store::Connection& connection) -> Result<Identity> {
    Result<Identity> found = Identify(connection, credentials);
    if (!found) return found;
    Result<core::Principal> principal =
        AsNeeded(connection, std::move(found->principal), credentials, needed);
    if (!principal) return principal.error();
    found->principal = std::move(*principal);
    return found;
  });
  if (!identity) return identity.error();
  NoteUse(*identity);
  return std::move(identity->principal);
}

Result<KeyAuthenticator::Identity> KeyAuthenticator::Identify(
    store::Connection& connection, const core::Credentials& credentials) const {
  const std::string& key = OfferedKey(credentials);
  if (key.empty()) {
    if (credentials.local_admin) return Identity{AdminPrincipal("local"), {}};
    return Unauthenticated("A key or session is missing");
  }
  if (key.size() > kMaxKeyBytes) return Unauthenticated("The key is not valid");
  const std::string digest = Sha256(key);
  if (EqualInConstantTime(digest, admin_key_digest_)) return Identity{AdminPrincipal("admin"), {}};
  if (key.starts_with(kUserKeyPrefix)) {
    return IdentifyUserKey(connection, digest, credentials.client_address);
  }
  if (key.starts_with(kSessionPrefix)) {
    return IdentifySession(connection, digest, credentials.client_address);
  }
  const bool is_sender = key.starts_with(kSenderKeyPrefix) || key.starts_with(kTestKeyPrefix);
  if (!is_sender) return Unauthenticated("The key is not valid");
  Result<core::Principal> sender = SenderPrincipal(connection, digest);
  if (!sender) return sender.error();
  return Identity{std::move(*sender), {}};
}

Result<KeyAuthenticator::Identity> KeyAuthenticator::IdentifyUserKey(
    store::Connection& connection, const std::string& digest,
    const std::string& client_address) const {
  const std::optional<store::UserKey> key = store::UserKeyStore(connection).FindByDigest(digest);
  if (!key) return Unauthenticated("The key is not valid");
  if (!MayUseFrom(key->bound_ip, client_address)) return WrongAddress();
  Result<core::Principal> user =
      UserPrincipal(connection, key->user_id, "user-key:" + std::to_string(key->id));
  if (!user) return user.error();
  user->user_key_id = key->id;
  user->bound_ip = key->bound_ip;
  Identity identity{std::move(*user), {}};
  if (const UnixMillis now = clock_.Now(); now - key->last_used_at >= kNoteUseEvery) {
    identity.note_use = [id = key->id, now](store::Transaction& tx) {
      store::UserKeyStore(tx).Touch(id, now);
    };
  }
  return identity;
}

Result<KeyAuthenticator::Identity> KeyAuthenticator::IdentifySession(
    store::Connection& connection, const std::string& digest,
    const std::string& client_address) const {
  const UnixMillis now = clock_.Now();
  const std::optional<store::Session> session = store::SessionStore(connection).Find(digest);
  if (!session || now - session->last_used_at >= kSessionIdleMillis ||
      now - session->created_at >= kSessionAgeMillis) {
    return Unauthenticated("The session has expired; log in again");
  }
  if (!MayUseFrom(session->bound_ip, client_address)) return WrongAddress();
  Result<core::Principal> user =
      UserPrincipal(connection, session->user_id, "session:" + std::to_string(session->user_id));
  if (!user) return user.error();
  user->user_key_id = session->key_id;
  user->bound_ip = session->bound_ip;
  user->session_digest = digest;
  Identity identity{std::move(*user), {}};
  if (now - session->last_used_at >= kNoteUseEvery) {
    identity.note_use = [digest, now](store::Transaction& tx) {
      store::SessionStore(tx).Touch(digest, now);
    };
  }
  return identity;
}

void KeyAuthenticator::NoteUse(const Identity& identity) {
  if (!identity.note_use) return;
  store_.WriteAsync(identity.note_use, [](Result<void> noted) {
    if (!noted) log::Debug("use of a key not noted", {{"reason", noted.error().detail}});
  });
}

}  // namespace egd::auth
