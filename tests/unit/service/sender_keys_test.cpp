#include "daemon/service/accounts/sender_keys.h"

#include <catch2/catch.hpp>

#include "daemon/auth/digest.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/sender_key_store.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

// Jane and Mallory, each with a domain.
struct Keyring {
  Keyring() {
    REQUIRE(store->Write([&](store::Transaction& tx) {
      for (const char* name : {"jane", "mallory"}) {
        core::User user;
        user.username = name;
        user.email_address = std::string(name) + "@example.com";
        store::UserStore(tx).Insert(user);
        core::SenderDomain domain;
        domain.user_id = user.id;
        domain.name = std::string(name) + ".example";
        store::DomainStore(tx).Insert(domain);
        (user.username == "jane" ? jane : mallory) = user.id;
        (user.username == "jane" ? jane_domain : mallory_domain) = domain.id;
      }
    }));
  }
  bool Works(const std::string& key) {
    const auto grant = store->Read([&](store::Connection& connection) {
      return store::SenderKeyStore(connection).FindByDigest(auth::Sha256(key));
    });
    REQUIRE(grant);
    return grant->has_value();
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  auth::Vault vault{std::string(32, 'k')};
  SenderKeys keys{*store, vault, clock};
  int64_t jane = 0, mallory = 0, jane_domain = 0, mallory_domain = 0;
};

}  // namespace

TEST_CASE("a new sender key works and is shown again") {
  Keyring ring;
  const Result<SenderKey> made = ring.keys.Add(ring.jane, ring.jane_domain, "production");
  REQUIRE(made);
  CHECK(made->key.starts_with("eg_live_"));
  CHECK(ring.Works(made->key));
  const Result<std::vector<SenderKey>> shown = ring.keys.List(ring.jane, ring.jane_domain);
  REQUIRE(shown);
  REQUIRE(shown->size() == 1);
  CHECK(shown->at(0).id == made->id);
  CHECK(shown->at(0).key == made->key);
  CHECK(shown->at(0).description == "production");
  CHECK(shown->at(0).domain_id == ring.jane_domain);
}

TEST_CASE("a sender key is sealed in the store, and to its own row") {
  Keyring ring;
  const Result<SenderKey> first = ring.keys.Add(ring.jane, ring.jane_domain, "first");
  const Result<SenderKey> second = ring.keys.Add(ring.jane, ring.jane_domain, "second");
  const auto rows = ring.store->Read(
      [&](store::Connection& c) { return store::SenderKeyStore(c).List(ring.jane_domain); });
  REQUIRE(rows->size() == 2);
  CHECK(rows->at(0).sealed.find(first->key) == std::string::npos);
  CHECK(rows->at(0).digest == auth::Sha256(first->key));

  store::SenderKey swapped = rows->at(0);
  swapped.sealed = rows->at(1).sealed;
  REQUIRE(ring.store->Write([&](store::Transaction& tx) {
    store::SenderKeyStore keys(tx);
    keys.Delete(ring.jane_domain, swapped.id);
    keys.Insert(swapped);
  }));
  const auto shown = ring.keys.List(ring.jane, ring.jane_domain);
  REQUIRE_FALSE(shown);
  CHECK(shown.error().kind == ErrorKind::kInternal);
  CHECK(shown.error().detail.find("eg_live_") == std::string::npos);
}

TEST_CASE("replacing stops every older key of the domain, and of no other") {
  Keyring ring;
  const Result<SenderKey> first = ring.keys.Add(ring.jane, ring.jane_domain, "first");
  const Result<SenderKey> second = ring.keys.Add(ring.jane, ring.jane_domain, "second");
  const Result<SenderKey> other = ring.keys.Add(ring.mallory, ring.mallory_domain, "other");
  const Result<SenderKey> replacement = ring.keys.Replace(ring.jane, ring.jane_domain, "new");
  REQUIRE(replacement);
  CHECK_FALSE(ring.Works(first->key));
  CHECK_FALSE(ring.Works(second->key));
  CHECK(ring.Works(replacement->key));
  CHECK(ring.Works(other->key));
  CHECK(ring.keys.List(ring.jane, ring.jane_domain)->size() == 1);
  CHECK(replacement->id > second->id);
}

TEST_CASE("a key that is rotated by add and delete works without a gap") {
  Keyring ring;
  const Result<SenderKey> old = ring.keys.Add(ring.jane, ring.jane_domain, "old");
  const Result<SenderKey> fresh = ring.keys.Add(ring.jane, ring.jane_domain, "fresh");
  CHECK(ring.Works(old->key));
  CHECK(ring.Works(fresh->key));
  REQUIRE(ring.keys.Delete(ring.jane, old->id));
  CHECK_FALSE(ring.Works(old->key));
  CHECK(ring.Works(fresh->key));
}

TEST_CASE("another user's domain and key are answered as missing ones, and left alone") {
  Keyring ring;
  const Result<SenderKey> key = ring.keys.Add(ring.jane, ring.jane_domain, "production");
  REQUIRE(key);
  const auto same = [](const Error& foreign, const Error& missing) {
    CHECK(foreign.kind == ErrorKind::kNotFound);
    CHECK(missing.kind == ErrorKind::kNotFound);
    CHECK(foreign.public_text == missing.public_text);
  };
  constexpr int64_t kMissing = 999'999;
  same(ring.keys.Add(ring.mallory, ring.jane_domain, "x").error(),
       ring.keys.Add(ring.mallory, kMissing, "x").error());
  same(ring.keys.Replace(ring.mallory, ring.jane_domain, "x").error(),
       ring.keys.Replace(ring.mallory, kMissing, "x").error());
  same(ring.keys.List(ring.mallory, ring.jane_domain).error(),
       ring.keys.List(ring.mallory, kMissing).error());
  same(ring.keys.Delete(ring.mallory, key->id).error(),
       ring.keys.Delete(ring.mallory, kMissing).error());
  CHECK(ring.Works(key->key));
  CHECK(ring.keys.List(ring.jane, ring.jane_domain)->size() == 1);
}

TEST_CASE("a deleted key cannot be deleted again") {
  Keyring ring;
  const Result<SenderKey> key = ring.keys.Add(ring.jane, ring.jane_domain, "production");
  REQUIRE(ring.keys.Delete(ring.jane, key->id));
  CHECK(ring.keys.Delete(ring.jane, key->id).error().kind == ErrorKind::kNotFound);
}

}  // namespace egd::service
