#include "daemon/auth/key_authenticator.h"

#include <catch2/catch.hpp>

#include "daemon/auth/digest.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/sender_key_store.h"
#include "daemon/store/session_store.h"
#include "daemon/store/user_key_store.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::auth {
namespace {

using catalogue::Caller;
using core::Credentials;
using core::PrincipalKind;

constexpr char kAdminKey[] = "eg_admin_the-key-of-this-test";

// A gateway with the user `default`, jane and mallory; jane and mallory have a domain each.
struct House {
  House() {
    default_user = AddUser(kDefaultUsername);
    jane = AddUser("jane");
    mallory = AddUser("mallory");
    jane_domain = AddDomain(jane, "jane.example");
    mallory_domain = AddDomain(mallory, "mallory.example");
  }

  int64_t AddUser(const std::string& name) {
    core::User user;
    user.username = name;
    user.email_address = name + "@example.com";
    Write([&](store::Transaction& tx) { store::UserStore(tx).Insert(user); });
    return user.id;
  }
  int64_t AddDomain(int64_t user_id, const std::string& name) {
    core::SenderDomain domain;
    domain.user_id = user_id;
    domain.name = name;
    Write([&](store::Transaction& tx) { store::DomainStore(tx).Insert(domain); });
    return domain.id;
  }
  std::string AddUserKey(int64_t user_id, const std::string& bound_ip = {}) {
    const std::string text = NewKey(kUserKeyPrefix);
    store::UserKey key;
    key.user_id = user_id;
    key.digest = Sha256(text);
    key.bound_ip = bound_ip;
    Write([&](store::Transaction& tx) { store::UserKeyStore(tx).Insert(key); });
    return text;
  }
  std::string AddSession(int64_t user_id) {
    const std::string id = NewKey(kSessionPrefix);
    Write([&](store::Transaction& tx) {
      store::SessionStore(tx).Insert({Sha256(id), user_id, 0, {}, clock.Now(), clock.Now()});
    });
    return id;
  }
  std::string AddSenderKey(int64_t domain_id) {
    const std::string text = NewKey(kSenderKeyPrefix);
    store::SenderKey key;
    key.domain_id = domain_id;
    key.digest = Sha256(text);
    Write([&](store::Transaction& tx) { store::SenderKeyStore(tx).Insert(key); });
    return text;
  }
  void Disable(int64_t user_id) {
    Write([&](store::Transaction& tx) {
      auto user = store::UserStore(tx).Find(user_id);
      user->enabled = false;
      store::UserStore(tx).Update(*user);
    });
  }
  template <typename Job>
  void Write(Job job) {
    REQUIRE(store->Write(job));
  }
  UnixMillis SessionLastUsed(const std::string& id) {
    REQUIRE(
        store->Write([](store::Transaction&) {}));  // what was written before it is committed now
    const auto session =
        store->Read([&](store::Connection& c) { return store::SessionStore(c).Find(Sha256(id)); });
    REQUIRE(session);
    REQUIRE(*session);
    return (*session)->last_used_at;
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  KeyAuthenticator authenticator{*store, clock, Sha256(kAdminKey)};
  int64_t default_user, jane, mallory, jane_domain, mallory_domain;
};

Credentials Bearer(std::string key) {
  Credentials credentials;
  credentials.bearer = std::move(key);
  credentials.client_address = "192.0.2.1";
  return credentials;
}

Credentials Local() {
  Credentials credentials;
  credentials.local_admin = true;
  credentials.client_address = "unix";
  return credentials;
}

ErrorKind Refusal(House& house, const Credentials& credentials, Caller needed) {
  const Result<core::Principal> result = house.authenticator.Authenticate(credentials, needed);
  REQUIRE_FALSE(result);
  return result.error().kind;
}

core::Principal Granted(House& house, const Credentials& credentials, Caller needed) {
  const Result<core::Principal> result = house.authenticator.Authenticate(credentials, needed);
  REQUIRE(result);
  return *result;
}

}  // namespace

TEST_CASE("a user key is taken as Bearer and as APIKey") {
  House house;
  const std::string key = house.AddUserKey(house.jane);
  Credentials parameter;
  parameter.api_key = key;
  for (const Credentials& credentials : {Bearer(key), parameter}) {
    const core::Principal caller = Granted(house, credentials, Caller::kUser);
    CHECK(caller.kind == PrincipalKind::kUser);
    CHECK(caller.user_id == house.jane);
    CHECK(caller.domain_id == 0);
    CHECK(core::HasPermission(caller, "EmailGateway.ManageDomain"));
    CHECK(caller.key_id.find(key) == std::string::npos);
  }
}

TEST_CASE("no key, unknown keys and garbage are unauthenticated, whatever is needed") {
  House house;
  for (const Caller needed : {Caller::kUser, Caller::kSenderKey, Caller::kAdmin}) {
    CHECK(Refusal(house, {}, needed) == ErrorKind::kUnauthenticated);
    for (const auto prefix : {kUserKeyPrefix, kSessionPrefix, kSenderKeyPrefix, kAdminKeyPrefix}) {
      CHECK(Refusal(house, Bearer(NewKey(prefix)), needed) == ErrorKind::kUnauthenticated);
      CHECK(Refusal(house, Bearer(std::string(prefix)), needed) == ErrorKind::kUnauthenticated);
    }
    for (const std::string& garbage :
         {std::string("x"), std::string("\0", 1), std::string(1'000'000, 'a'),
          "eg_user_" + std::string(1000, 'a'), std::string("eg_live_' OR 1=1")}) {
      CHECK(Refusal(house, Bearer(garbage), needed) == ErrorKind::kUnauthenticated);
    }
  }
}

TEST_CASE("a wrong key is refused even over the local socket") {
  House house;
  Credentials credentials = Local();
  credentials.bearer = NewKey(kUserKeyPrefix);
  CHECK(Refusal(house, credentials, Caller::kUser) == ErrorKind::kUnauthenticated);
}

TEST_CASE("a deleted key stops at once") {
  House house;
  const std::string key = house.AddUserKey(house.jane);
  Granted(house, Bearer(key), Caller::kUser);
  house.Write([&](store::Transaction& tx) {
    store::UserKeyStore keys(tx);
    keys.Delete(house.jane, keys.FindByDigest(Sha256(key))->id);
  });
  CHECK(Refusal(house, Bearer(key), Caller::kUser) == ErrorKind::kUnauthenticated);
}

TEST_CASE("a user key that is bound to an address works from there only, however that is written") {
  House house;
  const std::string key = house.AddUserKey(house.jane, "192.0.2.1");
  Credentials credentials = Bearer(key);
  for (const char* same : {"192.0.2.1", "::ffff:192.0.2.1"}) {
    credentials.client_address = same;
    CHECK(Granted(house, credentials, Caller::kUser).user_id == house.jane);
  }
  for (const char* other : {"192.0.2.10", "2001:db8::1", "unix", ""}) {
    CAPTURE(other);
    credentials.client_address = other;
    CHECK(Refusal(house, credentials, Caller::kUser) == ErrorKind::kForbidden);
  }
}

TEST_CASE("a session lives while it is used and ends after twelve idle hours") {
  House house;
  const std::string id = house.AddSession(house.jane);
  Credentials credentials;
  credentials.session_id = id;
  for (int day = 0; day < 5; ++day) {
    house.clock.Advance(std::chrono::hours(11));
    CHECK(Granted(house, credentials, Caller::kUser).user_id == house.jane);
    house.SessionLastUsed(id);  // waits for the note of its use
  }
  house.clock.Advance(kSessionIdleLimit);
  CHECK(Refusal(house, credentials, Caller::kUser) == ErrorKind::kUnauthenticated);
}

TEST_CASE("the use of a session is noted once a minute, not with each request") {
  House house;
  const std::string id = house.AddSession(house.jane);
  const UnixMillis opened = house.clock.Now();
  house.clock.Advance(std::chrono::seconds(59));
  Granted(house, Bearer(id), Caller::kUser);
  CHECK(house.SessionLastUsed(id) == opened);
  house.clock.Advance(std::chrono::seconds(1));
  const uint64_t jobs = house.store->GetStats().jobs;
  Granted(house, Bearer(id), Caller::kUser);
  CHECK(house.SessionLastUsed(id) == opened + 60'000);
  for (int i = 0; i < 100; ++i) Granted(house, Bearer(id), Caller::kUser);
  house.SessionLastUsed(id);
  CHECK(house.store->GetStats().jobs == jobs + 3);  // one note, and the two that waited for it
}

TEST_CASE("everything of a disabled user is refused") {
  House house;
  const std::string key = house.AddUserKey(house.jane), session = house.AddSession(house.jane),
                    sender = house.AddSenderKey(house.jane_domain);
  house.Disable(house.jane);
  CHECK(Refusal(house, Bearer(key), Caller::kUser) == ErrorKind::kUnprocessable);
  CHECK(Refusal(house, Bearer(session), Caller::kUser) == ErrorKind::kUnprocessable);
  CHECK(Refusal(house, Bearer(sender), Caller::kSenderKey) == ErrorKind::kUnprocessable);
}

TEST_CASE("a sender key speaks for its domain and may do nothing else") {
  House house;
  const std::string key = house.AddSenderKey(house.jane_domain);
  Credentials parameter;
  parameter.sender_api_key = key;
  for (const Credentials& credentials : {Bearer(key), parameter}) {
    const core::Principal caller = Granted(house, credentials, Caller::kSenderKey);
    CHECK(caller.kind == PrincipalKind::kSenderKey);
    CHECK(caller.user_id == house.jane);
    CHECK(caller.domain_id == house.jane_domain);
  }
  CHECK(Refusal(house, Bearer(key), Caller::kUser) == ErrorKind::kForbidden);
  CHECK(Refusal(house, Bearer(key), Caller::kAdmin) == ErrorKind::kForbidden);
}

TEST_CASE("a sender key's DomainID does not widen it") {
  House house;
  Credentials credentials = Bearer(house.AddSenderKey(house.jane_domain));
  credentials.domain_id = std::to_string(house.mallory_domain);
  CHECK(Granted(house, credentials, Caller::kSenderKey).domain_id == house.jane_domain);
}

TEST_CASE("a user may stand in for a sender key of their own domain only") {
  House house;
  Credentials credentials = Bearer(house.AddUserKey(house.jane));
  CHECK(Refusal(house, credentials, Caller::kSenderKey) == ErrorKind::kInvalidArgument);
  credentials.domain_id = std::to_string(house.jane_domain);
  CHECK(Granted(house, credentials, Caller::kSenderKey).domain_id == house.jane_domain);
  credentials.domain_id = "first";
  CHECK(Refusal(house, credentials, Caller::kSenderKey) == ErrorKind::kInvalidArgument);

  credentials.domain_id = std::to_string(house.mallory_domain);
  const auto foreign = house.authenticator.Authenticate(credentials, Caller::kSenderKey);
  credentials.domain_id = "999999";
  const auto missing = house.authenticator.Authenticate(credentials, Caller::kSenderKey);
  REQUIRE_FALSE(foreign);
  REQUIRE_FALSE(missing);
  CHECK(foreign.error().kind == ErrorKind::kNotFound);
  CHECK(missing.error().kind == foreign.error().kind);
  CHECK(missing.error().public_text == foreign.error().public_text);
}

TEST_CASE("a user may not act for another") {
  House house;
  Credentials credentials = Bearer(house.AddUserKey(house.jane));
  credentials.user_id = std::to_string(house.jane);
  CHECK(Granted(house, credentials, Caller::kUser).user_id == house.jane);
  for (const std::string& other :
       {std::to_string(house.mallory), std::string("999999"), std::string("x")}) {
    CAPTURE(other);
    credentials.user_id = other;
    CHECK(Refusal(house, credentials, Caller::kUser) == ErrorKind::kForbidden);
  }
  CHECK(Refusal(house, credentials, Caller::kAdmin) == ErrorKind::kForbidden);
}

TEST_CASE("the admin key and the local socket are admin") {
  House house;
  Credentials parameter;
  parameter.admin_api_key = kAdminKey;
  for (const Credentials& credentials : {Bearer(kAdminKey), parameter, Local()}) {
    const core::Principal admin = Granted(house, credentials, Caller::kAdmin);
    CHECK(admin.kind == PrincipalKind::kAdmin);
    CHECK(admin.user_id == 0);
    CHECK(core::HasPermission(admin, "EmailGateway.AddDomain"));
    CHECK(Granted(house, credentials, Caller::kUser).user_id == house.default_user);
  }
}

TEST_CASE("an admin acts for any user, who must exist") {
  House house;
  Credentials credentials = Bearer(kAdminKey);
  credentials.user_id = std::to_string(house.jane);
  CHECK(Granted(house, credentials, Caller::kUser).user_id == house.jane);
  credentials.user_id = "999999";
  CHECK(Refusal(house, credentials, Caller::kUser) == ErrorKind::kNotFound);
  credentials.user_id = "jane";
  CHECK(Refusal(house, credentials, Caller::kUser) == ErrorKind::kInvalidArgument);
}

TEST_CASE("UserID means nothing to the authenticator where an admin is needed") {
  House house;
  Credentials credentials = Bearer(kAdminKey);
  credentials.user_id = "999999";
  CHECK(Granted(house, credentials, Caller::kAdmin).user_id == 0);
}

TEST_CASE("an admin without UserID is told when there is no user named default") {
  House house;
  house.Write([&](store::Transaction& tx) { store::UserStore(tx).Delete(house.default_user); });
  CHECK(Refusal(house, Local(), Caller::kUser) == ErrorKind::kInvalidArgument);
  CHECK(Granted(house, Local(), Caller::kAdmin).kind == PrincipalKind::kAdmin);
}

TEST_CASE("an admin stands in for a sender key of any domain, or of one user's") {
  House house;
  Credentials credentials = Local();
  CHECK(Refusal(house, credentials, Caller::kSenderKey) == ErrorKind::kUnauthenticated);
  credentials.domain_id = std::to_string(house.jane_domain);
  const core::Principal admin = Granted(house, credentials, Caller::kSenderKey);
  CHECK(admin.domain_id == house.jane_domain);
  CHECK(admin.user_id == house.jane);
  credentials.user_id = std::to_string(house.jane);
  CHECK(Granted(house, credentials, Caller::kSenderKey).domain_id == house.jane_domain);
  credentials.user_id = std::to_string(house.mallory);
  CHECK(Refusal(house, credentials, Caller::kSenderKey) == ErrorKind::kNotFound);
  credentials.user_id.clear();
  credentials.domain_id = "999999";
  CHECK(Refusal(house, credentials, Caller::kSenderKey) == ErrorKind::kNotFound);
}

TEST_CASE("no refusal repeats the key") {
  House house;
  const std::string bound = house.AddUserKey(house.jane, "198.51.100.7");
  for (const std::string& key : {NewKey(kUserKeyPrefix), NewKey(kSessionPrefix), bound}) {
    const auto refused = house.authenticator.Authenticate(Bearer(key), Caller::kUser);
    REQUIRE_FALSE(refused);
    CHECK((refused.error().public_text + refused.error().detail).find(key.substr(8)) ==
          std::string::npos);
    CHECK(refused.error().public_text.find("198.51.100.7") == std::string::npos);
  }
}

}  // namespace egd::auth
