#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/sender_key_store.h"
#include "daemon/store/session_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/sweep_store.h"
#include "daemon/store/user_key_store.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

TEST_CASE("users: every field comes back") {
  Fixture f;
  core::User user = MakeUser("full");
  user.password_hash = "$argon2id$x";
  user.first_name = "Zoë";
  user.last_name = std::string("with\0nul", 8);
  user.company_name = "ACME";
  user.enabled = false;
  user.trusted = false;
  user.verified = false;
  user.max_sender_domains = 3;
  user.monthly_send_limit = 5'000'000'000;
  user.send_rate_per_minute = 60;
  user.permissions = {"A", "B"};
  f.Write([&](Transaction& tx) { CHECK(UserStore(tx).Insert(user) == UserSaved::kSaved); });
  const auto found = f.Read([&](Connection& c) { return UserStore(c).Find(user.id); });
  REQUIRE(found);
  CHECK(found->username == "full");
  CHECK(found->email_address == "full@example.com");
  CHECK(found->password_hash == user.password_hash);
  CHECK(found->first_name == user.first_name);
  CHECK(found->last_name == user.last_name);
  CHECK(found->company_name == "ACME");
  CHECK_FALSE(found->enabled);
  CHECK_FALSE(found->trusted);
  CHECK_FALSE(found->verified);
  CHECK(found->max_sender_domains == 3);
  CHECK(found->monthly_send_limit == 5'000'000'000);
  CHECK(found->send_rate_per_minute == 60);
  CHECK(found->permissions == user.permissions);
  CHECK(found->created_at == 1000);
}

TEST_CASE("users: found and unique without case, each violation by its name") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    UserStore users(tx);
    CHECK(users.FindByUsername("JANE")->id == f.user.id);
    CHECK(users.FindByEmailAddress("Jane@Example.COM")->id == f.user.id);
    CHECK_FALSE(users.FindByUsername("nobody"));
    core::User same_name = MakeUser("other");
    same_name.username = "Jane";
    CHECK(users.Insert(same_name) == UserSaved::kUsernameTaken);
    core::User same_address = MakeUser("other");
    same_address.email_address = "JANE@example.com";
    CHECK(users.Insert(same_address) == UserSaved::kEmailAddressTaken);
    CHECK(users.Count() == 1);
  });
}

TEST_CASE("users: update keeps itself apart from others") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    UserStore users(tx);
    core::User bob = MakeUser("bob");
    REQUIRE(users.Insert(bob) == UserSaved::kSaved);
    bob.first_name = "Bob";
    bob.permissions.clear();
    CHECK(users.Update(bob) == UserSaved::kSaved);
    CHECK(users.Find(bob.id)->first_name == "Bob");
    CHECK(users.Find(bob.id)->permissions.empty());
    bob.username = "jane";
    CHECK(users.Update(bob) == UserSaved::kUsernameTaken);
    core::User ghost = MakeUser("ghost");
    ghost.id = 999;
    CHECK(users.Update(ghost) == UserSaved::kMissing);
  });
}

TEST_CASE("users: pages and keyword search") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    for (const char* name : {"anna", "bert", "cleo"}) {
      core::User user = MakeUser(name);
      user.first_name = "Über";
      user.last_name = name;
      UserStore(tx).Insert(user);
    }
  });
  f.Read([&](Connection& c) {
    UserStore users(c);
    const UserPage all = users.List("", 1, 2);
    CHECK(all.total == 4);
    REQUIRE(all.users.size() == 2);
    CHECK(all.users[0].username == "anna");
    CHECK(users.List("BERT", 0, 10).total == 1);
    CHECK(users.List("über cleo", 0, 10).total == 1);
    CHECK(users.List("ÜBER", 0, 10).users.size() == 3);
    CHECK(users.List("%", 0, 10).total == 0);  // no wildcard
  });
}

TEST_CASE("users: deleting one takes domains, keys, sessions, suppressions and queue along") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    SessionStore(tx).Insert({"digest", f.user.id, 0, {}, 1, 1});
    UserKey user_key{0, f.user.id, "k1", "", "", 1, 0};
    UserKeyStore(tx).Insert(user_key);
    SenderKey sender_key{0, f.domain.id, "k2", "sealed", "", 1};
    SenderKeyStore(tx).Insert(sender_key);
    SuppressionStore(tx).Insert({f.user.id, "a@b.c", "manual", "", 1});
    MessageStore(tx).Insert(MakeMessage(f.domain), "x", {{"bob@example.net", "example.net"}});
  });
  f.Write([&](Transaction& tx) {
    CHECK(UserStore(tx).Delete(f.user.id));
    CHECK_FALSE(UserStore(tx).Delete(f.user.id));
  });
  f.Read([&](Connection& c) {
    CHECK_FALSE(UserStore(c).Find(f.user.id));
    CHECK_FALSE(SessionStore(c).Find("digest"));
    CHECK_FALSE(UserKeyStore(c).FindByDigest("k1"));
    CHECK_FALSE(SenderKeyStore(c).FindByDigest("k2"));
    CHECK_FALSE(DomainStore(c).Find(f.domain.id));
  });
  f.Write([&](Transaction& tx) {
    CHECK(QueueStore(tx).Claim(10, 90'000, {kOwner, 99'000}).empty());
    while (UserStore(tx).DeletePart(f.user.id, 100) > 0) continue;
    const auto queue = SweepStore(tx).Next();
    REQUIRE(queue);
    CHECK(QueueStore(tx).DropClosed(queue->id, 10, 5).size() == 1);
  });
  f.Read([&](Connection& c) {
    CHECK(OneInteger(c, "SELECT count(*) FROM users") == 0);
    CHECK(OneInteger(c, "SELECT count(*) FROM domains") == 0);
    CHECK_FALSE(SuppressionStore(c).Stops(f.user.id, "a@b.c", ""));
    CHECK(QueueStore(c).Count() == 0);
    CHECK(MessageStore(c).Find(MakeMessage(f.domain).id));  // events show it
  });
  f.Write([&](Transaction& tx) { CHECK(MessageStore(tx).PurgeContents(6, 10) == 1); });
}

TEST_CASE("users: an ID is never used again") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    UserStore(tx).Delete(f.user.id);
    core::User next = MakeUser();
    UserStore(tx).Insert(next);
    CHECK(next.id > f.user.id);
  });
}

TEST_CASE("sessions: found by digest, touched, ended, expired") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    SessionStore sessions(tx);
    const std::string digest("\0\xff binary", 9);
    sessions.Insert({digest, f.user.id, 0, "", 100, 100});
    sessions.Insert({"old", f.user.id, 0, "", 50, 50});
    CHECK(sessions.Touch(digest, 200));
    CHECK_FALSE(sessions.Touch("absent", 200));
    const auto found = sessions.Find(digest);
    REQUIRE(found);
    CHECK(found->digest == digest);
    CHECK(found->user_id == f.user.id);
    CHECK(found->created_at == 100);
    CHECK(found->last_used_at == 200);
    CHECK(sessions.Purge(200, 10) == 1);
    CHECK_FALSE(sessions.Find("old"));
    CHECK(sessions.Delete(digest));
    CHECK_FALSE(sessions.Delete(digest));
    sessions.Insert({"a", f.user.id, 0, "", 1, 1});
    sessions.Insert({"b", f.user.id, 0, "", 1, 1});
    CHECK(sessions.DeleteByUser(f.user.id) == 2);
  });
}

TEST_CASE("user keys: found by digest, listed, touched, deleted by their owner only") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    UserKeyStore keys(tx);
    UserKey key{0, f.user.id, "digest", "note", "192.0.2.1", 100, 0};
    keys.Insert(key);
    CHECK(key.id > 0);
    CHECK(keys.Touch(key.id, 300));
    const auto found = keys.FindByDigest("digest");
    REQUIRE(found);
    CHECK(found->id == key.id);
    CHECK(found->note == "note");
    CHECK(found->bound_ip == "192.0.2.1");
    CHECK(found->created_at == 100);
    CHECK(found->last_used_at == 300);
    CHECK(keys.List(f.user.id).size() == 1);
    CHECK(keys.List(f.user.id + 1).empty());
    CHECK_FALSE(keys.Delete(f.user.id + 1, key.id));
    CHECK(keys.Delete(f.user.id, key.id));
    CHECK_FALSE(keys.FindByDigest("digest"));
  });
}

}  // namespace
}  // namespace egd::store
