#include "daemon/service/accounts/accounts.h"

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "daemon/auth/digest.h"
#include "daemon/auth/key_authenticator.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/sender_key_store.h"
#include "daemon/store/session_store.h"
#include "tests/unit/interleaving_clock.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

constexpr char kPassword[] = "correct horse";
constexpr char kAddress[] = "192.0.2.1";

struct Office {
  core::User Add(const std::string& name) {
    AccountSettings settings;
    settings.username = name;
    settings.email_address = name + "@example.com";
    settings.password = kPassword;
    Result<AccountOutcome> outcome = accounts.Create(settings);
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<core::User>(*outcome));
    return std::get<core::User>(*outcome);
  }
  ErrorKind LoginRefusal(const std::string& name, const std::string& password,
                         const std::string& from = kAddress) {
    const Result<Login> login = accounts.LogIn({name, ""}, password, from);
    REQUIRE_FALSE(login);
    return login.error().kind;
  }
  Result<core::Principal> UseSession(const std::string& id, const std::string& from = kAddress) {
    core::Credentials credentials;
    credentials.session_id = id;
    credentials.client_address = from;
    return authenticator.Authenticate(credentials, catalogue::Caller::kUser);
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  auth::KeyAuthenticator authenticator{*store, clock, auth::Sha256("the admin's key")};
  auth::Passwords passwords;
  auth::LoginThrottle throttle{clock};
  Accounts accounts{*store, authenticator, passwords, throttle, clock};
};

core::Principal As(int64_t user_id, const std::string& bound_ip = "") {
  core::Principal principal;
  principal.user_id = user_id;
  principal.bound_ip = bound_ip;
  return principal;
}

std::vector<AccountProblem> Problems(const Result<AccountOutcome>& outcome) {
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<std::vector<AccountProblem>>(*outcome));
  return std::get<std::vector<AccountProblem>>(*outcome);
}

}  // namespace

TEST_CASE("the first start makes the user default, with everything permitted and no limit") {
  Office office;
  REQUIRE(office.accounts.MakeDefaultUser());
  REQUIRE(office.accounts.MakeDefaultUser());
  const Result<store::UserPage> page = office.accounts.List("", 0, 10);
  REQUIRE(page);
  REQUIRE(page->total == 1);
  const core::User& user = page->users[0];
  CHECK(user.username == "default");
  CHECK(user.enabled);
  CHECK(user.trusted);
  CHECK(user.verified);
  CHECK(user.max_sender_domains == 0);
  CHECK(user.monthly_send_limit == 0);
  CHECK(user.permissions ==
        std::vector<std::string>{"EmailGateway.AddDomain", "EmailGateway.ManageDomain"});
  CHECK(office.LoginRefusal("default", "") == ErrorKind::kUnauthenticated);  // it has no password
}

TEST_CASE("a deleted default user does not come back while there are others") {
  Office office;
  office.Add("jane");
  REQUIRE(office.accounts.MakeDefaultUser());
  CHECK(office.accounts.List("", 0, 10)->total == 1);
}

TEST_CASE("a user logs in by name or address, in any case, and the session works") {
  Office office;
  const core::User jane = office.Add("jane");
  for (const LoginName& name : {LoginName{"JANE", ""}, LoginName{"", "Jane@Example.com"}}) {
    const Result<Login> login = office.accounts.LogIn(name, kPassword, kAddress);
    REQUIRE(login);
    CHECK(login->user.id == jane.id);
    const Result<core::Principal> caller = office.UseSession(login->session_id);
    REQUIRE(caller);
    CHECK(caller->user_id == jane.id);
  }
}

TEST_CASE("a wrong password and an unknown name are answered alike") {
  Office office;
  office.Add("jane");
  const Result<Login> wrong = office.accounts.LogIn({"jane", ""}, "wrong horse", kAddress);
  const Result<Login> unknown = office.accounts.LogIn({"june", ""}, kPassword, kAddress);
  REQUIRE_FALSE(wrong);
  REQUIRE_FALSE(unknown);
  CHECK(wrong.error().kind == ErrorKind::kUnauthenticated);
  CHECK(unknown.error().kind == wrong.error().kind);
  CHECK(unknown.error().public_text == wrong.error().public_text);
}

TEST_CASE("after ten wrong passwords even the right one waits a quarter of an hour") {
  Office office;
  office.Add("jane");
  for (int i = 0; i < auth::LoginThrottle::kPerPair; ++i) {
    // By name and by address: one count.
    const LoginName name = i % 2 ? LoginName{"jane", ""} : LoginName{"", "jane@example.com"};
    CHECK(office.accounts.LogIn(name, "wrong horse", kAddress).error().kind ==
          ErrorKind::kUnauthenticated);
  }
  CHECK(office.LoginRefusal("jane", kPassword) == ErrorKind::kRateLimited);
  CHECK(office.accounts.LogIn({"jane", ""}, kPassword, "198.51.100.1"));  // jane, from elsewhere
  office.clock.Advance(auth::LoginThrottle::kWindow);
  CHECK(office.accounts.LogIn({"jane", ""}, kPassword, kAddress));
}

TEST_CASE("guessing keys is slowed per address") {
  Office office;
  for (int i = 0; i < auth::LoginThrottle::kPerClient; ++i) {
    const Result<Login> login =
        office.accounts.LogInWithKey(auth::NewKey(auth::kUserKeyPrefix), kAddress);
    REQUIRE_FALSE(login);
    REQUIRE(login.error().kind == ErrorKind::kUnauthenticated);
  }
  const core::User jane = office.Add("jane");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", {});
  REQUIRE(key);
  CHECK(office.accounts.LogInWithKey(key->key, kAddress).error().kind == ErrorKind::kRateLimited);
  CHECK(office.accounts.LogInWithKey(key->key, "198.51.100.1"));
}

TEST_CASE("a user key opens a session; a session, a sender key or the admin key does not") {
  Office office;
  REQUIRE(office.accounts.MakeDefaultUser());
  const core::User jane = office.Add("jane");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "laptop", kAddress);
  REQUIRE(key);
  const Result<Login> login = office.accounts.LogInWithKey(key->key, kAddress);
  REQUIRE(login);
  CHECK(login->user.id == jane.id);
  CHECK(office.UseSession(login->session_id));
  CHECK(office.accounts.LogInWithKey(key->key, "198.51.100.1").error().kind ==
        ErrorKind::kForbidden);
  for (const std::string& other : {login->session_id, std::string("the admin's key")}) {
    const Result<Login> refused = office.accounts.LogInWithKey(other, kAddress);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::kUnauthenticated);
  }
}

TEST_CASE("a disabled user is told so only with the right password, and loses the sessions") {
  Office office;
  const core::User jane = office.Add("jane");
  const Result<Login> login = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  REQUIRE(login);
  AccountSettings disable, enable;
  disable.enabled = false;
  enable.enabled = true;
  REQUIRE(office.accounts.Update(jane.id, disable));
  CHECK(office.LoginRefusal("jane", kPassword) == ErrorKind::kForbidden);
  CHECK(office.LoginRefusal("jane", "wrong horse") == ErrorKind::kUnauthenticated);
  REQUIRE(office.accounts.Update(jane.id, enable));
  CHECK(office.UseSession(login->session_id).error().kind == ErrorKind::kUnauthenticated);
}

TEST_CASE("a new password replaces the old one and ends the user's sessions, nobody else's") {
  Office office;
  const core::User jane = office.Add("jane");
  office.Add("mallory");
  const Result<Login> login = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  const Result<Login> other = office.accounts.LogIn({"mallory", ""}, kPassword, kAddress);
  AccountSettings settings;
  settings.password = "battery staple";
  REQUIRE(office.accounts.Update(jane.id, settings));
  CHECK_FALSE(office.UseSession(login->session_id));
  CHECK(office.UseSession(other->session_id));
  CHECK(office.LoginRefusal("jane", kPassword) == ErrorKind::kUnauthenticated);
  CHECK(office.accounts.LogIn({"jane", ""}, "battery staple", kAddress));
}

TEST_CASE("neither passwords, keys nor session IDs are in the database") {
  Office office;
  const core::User jane = office.Add("jane");
  const Result<Login> login = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", {});
  const auto hash = office.accounts.Find(jane.id)->password_hash;
  CHECK(hash.starts_with("$argon2id$"));
  CHECK(hash.find(kPassword) == std::string::npos);
  CHECK(office.accounts.ListKeys(jane.id)->at(0).digest == auth::Sha256(key->key));
  const auto session = office.store->Read([&](store::Connection& connection) {
    return store::SessionStore(connection).Find(login->session_id);
  });
  CHECK_FALSE(*session);  // known by its digest alone
}

TEST_CASE("settings are checked, and every problem is reported") {
  Office office;
  AccountSettings settings;
  settings.username = " jane";
  settings.email_address = "jane@localhost";
  settings.password = "1234567";
  CHECK(Problems(office.accounts.Create(settings)) ==
        std::vector{AccountProblem::kUsernameInvalid, AccountProblem::kEmailAddressInvalid,
                    AccountProblem::kPasswordInvalid});
  CHECK(office.accounts.List("", 0, 10)->total == 0);
}

TEST_CASE("the limits of names and passwords are the documented ones") {
  Office office;
  AccountSettings settings;
  settings.username = std::string(128, 'j');
  settings.email_address = "jane@example.com";
  settings.password = std::string(1024, 'p');
  REQUIRE(std::holds_alternative<core::User>(*office.accounts.Create(settings)));
  CHECK(office.accounts.LogIn({*settings.username, ""}, *settings.password, kAddress));
  settings.username = std::string(129, 'j');
  settings.password = std::string(1025, 'p');
  CHECK(Problems(office.accounts.Create(settings)).size() == 2);
  for (const std::string& bad :
       {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("a\xff")}) {
    settings.username = bad;
    settings.password = "12345678";
    CHECK(Problems(office.accounts.Create(settings)) ==
          std::vector{AccountProblem::kUsernameInvalid});
  }
}

TEST_CASE("names and addresses are taken whatever their case, and both are reported") {
  Office office;
  office.Add("jane");
  const core::User mallory = office.Add("mallory");
  AccountSettings settings;
  settings.username = "Jane";
  settings.email_address = "JANE@example.com";
  settings.password = kPassword;
  const std::vector both{AccountProblem::kUsernameTaken, AccountProblem::kEmailAddressTaken};
  CHECK(Problems(office.accounts.Create(settings)) == both);
  CHECK(Problems(office.accounts.Update(mallory.id, settings)) == both);
  CHECK(office.accounts.Find(mallory.id)->username == "mallory");
}

TEST_CASE("one of many who take the same name at once gets it") {
  Office office;
  std::vector<std::thread> threads;
  std::atomic<int> created{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&office, &created, i] {
      AccountSettings settings;
      settings.username = "jane";
      settings.email_address = "jane" + std::to_string(i) + "@example.com";
      const Result<AccountOutcome> outcome = office.accounts.Create(settings);
      if (outcome && std::holds_alternative<core::User>(*outcome)) ++created;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(created == 1);
  CHECK(office.accounts.List("", 0, 10)->total == 1);
}

TEST_CASE("an update changes what it is given and nothing else") {
  Office office;
  const core::User jane = office.Add("jane");
  AccountSettings settings;
  settings.company_name = "Example Ltd";
  settings.trusted = false;
  settings.max_sender_domains = 3;
  settings.permissions = std::vector<std::string>{};
  const Result<AccountOutcome> outcome = office.accounts.Update(jane.id, settings);
  REQUIRE(outcome);
  const core::User& updated = std::get<core::User>(*outcome);
  CHECK(updated.company_name == "Example Ltd");
  CHECK_FALSE(updated.trusted);
  CHECK(updated.max_sender_domains == 3);
  CHECK(updated.permissions.empty());
  CHECK(updated.username == "jane");
  CHECK(updated.enabled);
  CHECK(office.accounts.Find(jane.id)->company_name == "Example Ltd");
  CHECK(office.accounts.LogIn({"jane", ""}, kPassword, kAddress));
  CHECK(Problems(office.accounts.Update(999'999, settings)) ==
        std::vector{AccountProblem::kUserMissing});
}

TEST_CASE("deleting users takes all they own, or nothing when one of them is missing") {
  Office office;
  const core::User jane = office.Add("jane"), mallory = office.Add("mallory");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", {});
  const Result<Login> login = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  core::SenderDomain domain;
  domain.user_id = jane.id;
  domain.name = "jane.example";
  store::SenderKey sender;
  sender.digest = auth::Sha256("eg_live_x");
  REQUIRE(office.store->Write([&](store::Transaction& tx) {
    store::DomainStore(tx).Insert(domain);
    sender.domain_id = domain.id;
    store::SenderKeyStore(tx).Insert(sender);
  }));

  const Result<void> refused = office.accounts.Delete({jane.id, mallory.id, 999'999});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kNotFound);
  CHECK(office.accounts.List("", 0, 10)->total == 2);
  CHECK(office.UseSession(login->session_id));

  REQUIRE(office.accounts.Delete({jane.id, mallory.id}));
  CHECK(office.accounts.List("", 0, 10)->total == 0);
  CHECK_FALSE(office.UseSession(login->session_id));
  CHECK_FALSE(office.accounts.LogInWithKey(key->key, kAddress));
  REQUIRE(office.store->Read([&](store::Connection& connection) {
    CHECK_FALSE(store::DomainStore(connection).Find(domain.id));
    CHECK_FALSE(store::SenderKeyStore(connection).FindByDigest(sender.digest));
  }));
}

TEST_CASE("users are listed by ID, a page at a time, and found by any part of their names") {
  Office office;
  office.Add("jane");
  office.Add("john");
  office.Add("mallory");
  const Result<store::UserPage> page = office.accounts.List("J", 1, 10);
  REQUIRE(page);
  CHECK(page->total == 2);
  REQUIRE(page->users.size() == 1);
  CHECK(page->users[0].username == "john");
}

TEST_CASE("a user sees and deletes their own keys only") {
  Office office;
  const core::User jane = office.Add("jane"), mallory = office.Add("mallory");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "laptop", "2001:db8::1");
  REQUIRE(key);
  CHECK(key->key.starts_with("eg_user_"));
  const auto keys = office.accounts.ListKeys(jane.id);
  REQUIRE(keys->size() == 1);
  CHECK(keys->at(0).id == key->id);
  CHECK(keys->at(0).note == "laptop");
  CHECK(keys->at(0).bound_ip == "2001:db8::1");
  CHECK(office.accounts.ListKeys(mallory.id)->empty());

  const Result<void> foreign = office.accounts.DeleteKey(mallory.id, key->id);
  const Result<void> missing = office.accounts.DeleteKey(mallory.id, 999'999);
  REQUIRE_FALSE(foreign);
  REQUIRE_FALSE(missing);
  CHECK(foreign.error().kind == ErrorKind::kNotFound);
  CHECK(foreign.error().public_text == missing.error().public_text);
  CHECK(office.accounts.ListKeys(jane.id)->size() == 1);
  REQUIRE(office.accounts.DeleteKey(jane.id, key->id));
  CHECK(office.accounts.LogInWithKey(key->key, "2001:db8::1").error().kind ==
        ErrorKind::kUnauthenticated);
}

TEST_CASE("a key is bound to an IP address, not to something else") {
  Office office;
  const core::User jane = office.Add("jane");
  for (const char* bad : {"", "localhost", "192.0.2.0/24", "192.0.2.1:80", "1"}) {
    CAPTURE(bad);
    const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", bad);
    REQUIRE_FALSE(key);
    CHECK(key.error().kind == ErrorKind::kInvalidArgument);
  }
  CHECK(office.accounts.CreateKey(As(999'999), "", {}).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a right login clears what wrong ones had counted") {
  Office office;
  office.Add("jane");
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < auth::LoginThrottle::kPerPair; ++i) {
      REQUIRE(office.LoginRefusal("jane", "wrong horse") == ErrorKind::kUnauthenticated);
    }
    REQUIRE(office.accounts.LogIn({"jane", ""}, kPassword, kAddress));
  }
}

TEST_CASE("a login that could not be checked is no failed one") {
  struct Unavailing : core::Authenticator {
    Result<core::Principal> Authenticate(const core::Credentials&, catalogue::Caller) override {
      return Unavailable("The gateway's disk is not available.");
    }
  } unavailing;
  Office office;
  const core::User jane = office.Add("jane");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", {});
  REQUIRE(key);
  Accounts ailing(*office.store, unavailing, office.passwords, office.throttle, office.clock);
  for (int i = 0; i < 2 * auth::LoginThrottle::kPerClient; ++i) {
    REQUIRE(ailing.LogInWithKey(key->key, kAddress).error().kind == ErrorKind::kUnavailable);
  }
  CHECK(office.accounts.LogInWithKey(key->key, kAddress));

  const auto set_hash = [&](const std::string& hash) {
    REQUIRE(office.store->Write([&](store::Transaction& tx) {
      auto user = *store::UserStore(tx).Find(jane.id);
      user.password_hash = hash;
      store::UserStore(tx).Update(user);
    }));
  };
  const std::string hash = office.accounts.Find(jane.id)->password_hash;
  set_hash("no Argon2id");
  for (int i = 0; i < 2 * auth::LoginThrottle::kPerPair; ++i) {
    REQUIRE(office.LoginRefusal("jane", kPassword) == ErrorKind::kInternal);
  }
  set_hash(hash);
  CHECK(office.accounts.LogIn({"jane", ""}, kPassword, kAddress));
}

TEST_CASE("logging in rightly is never too often") {
  Office office;
  const core::User jane = office.Add("jane");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", {});
  REQUIRE(key);
  for (int i = 0; i <= auth::LoginThrottle::kPerClient; ++i) {
    REQUIRE(office.accounts.LogInWithKey(key->key, kAddress));
  }
  for (int i = 0; i <= auth::LoginThrottle::kPerPair; ++i) {
    REQUIRE(office.accounts.LogIn({"jane", ""}, kPassword, kAddress));
  }
}

TEST_CASE("a password changed while the old one is being checked opens no session") {
  Office office;
  const core::User jane = office.Add("jane");
  InterleavingClock clock;
  Accounts accounts{*office.store, office.authenticator, office.passwords, office.throttle, clock};
  AccountSettings settings;
  settings.password = "battery staple";
  clock.OnReading(1, [&] { REQUIRE(office.accounts.Update(jane.id, settings)); });
  const Result<Login> login = accounts.LogIn({"jane", ""}, kPassword, kAddress);
  CHECK(clock.happened());
  REQUIRE_FALSE(login);
  CHECK(login.error().kind == ErrorKind::kUnauthenticated);
}

TEST_CASE("a session of a bound key keeps to its address, makes keys for it alone, ends with it") {
  Office office;
  const core::User jane = office.Add("jane");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", kAddress);
  REQUIRE(key);
  const Result<Login> login = office.accounts.LogInWithKey(key->key, kAddress);
  const Result<Login> by_password = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  REQUIRE(login);
  REQUIRE(by_password);
  CHECK(office.UseSession(login->session_id, "198.51.100.1").error().kind == ErrorKind::kForbidden);
  const Result<core::Principal> caller = office.UseSession(login->session_id);
  REQUIRE(caller);

  const Result<NewUserKey> heir = office.accounts.CreateKey(*caller, "", {});
  REQUIRE(heir);
  CHECK(office.accounts.LogInWithKey(heir->key, "198.51.100.1").error().kind ==
        ErrorKind::kForbidden);
  CHECK(office.accounts.LogInWithKey(heir->key, kAddress));
  CHECK(office.accounts.CreateKey(*caller, "", "198.51.100.1").error().kind ==
        ErrorKind::kForbidden);
  CHECK(office.accounts.CreateKey(*caller, "", std::string("::ffff:") + kAddress));

  REQUIRE(office.accounts.DeleteKey(jane.id, key->id));
  CHECK(office.UseSession(login->session_id).error().kind == ErrorKind::kUnauthenticated);
  CHECK(office.UseSession(by_password->session_id, "198.51.100.1"));
}

TEST_CASE("a key deleted while it is being checked opens no session") {
  Office office;
  const core::User jane = office.Add("jane");
  const Result<NewUserKey> key = office.accounts.CreateKey(As(jane.id), "", {});
  InterleavingClock clock;
  Accounts accounts{*office.store, office.authenticator, office.passwords, office.throttle, clock};
  clock.OnReading(1, [&] { REQUIRE(office.accounts.DeleteKey(jane.id, key->id)); });
  const Result<Login> login = accounts.LogInWithKey(key->key, kAddress);
  CHECK(clock.happened());
  REQUIRE_FALSE(login);
  CHECK(login.error().kind == ErrorKind::kUnauthenticated);
}

TEST_CASE("a session ends at its logout, and after 30 days however busy it is") {
  Office office;
  office.Add("jane");
  const Result<Login> first = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  const Result<Login> second = office.accounts.LogIn({"jane", ""}, kPassword, kAddress);
  const Result<core::Principal> caller = office.UseSession(first->session_id);
  REQUIRE(caller);
  REQUIRE(office.accounts.LogOut(caller->session_digest));
  CHECK_FALSE(office.UseSession(first->session_id));
  for (int hours = 0; hours < 30 * 24; hours += 6) {
    REQUIRE(office.UseSession(second->session_id));
    REQUIRE(office.store->Write([](store::Transaction&) {}));  // the use has been noted
    office.clock.Advance(std::chrono::hours(6));
  }
  CHECK(office.UseSession(second->session_id).error().kind == ErrorKind::kUnauthenticated);
}

}  // namespace egd::service
