#include "daemon/service/accounts/master_key.h"

#include <catch2/catch.hpp>

#include "daemon/service/domains/domain_secrets.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {

TEST_CASE("a master key that is not the database's is found at the start") {
  const TempDir dir;
  const auto store = std::move(*store::Store::Open(dir.path()));
  const auth::Vault vault(std::string(32, 'k')), other(std::string(32, 'x'));
  CHECK(CheckMasterKey(*store, vault));
  CHECK(CheckMasterKey(*store, other));  // nothing is sealed yet

  REQUIRE(store->Write([&](store::Transaction& tx) {
    core::User user;
    user.username = "jane";
    store::UserStore(tx).Insert(user);
    core::SenderDomain domain;
    domain.user_id = user.id;
    domain.name = "jane.example";
    SealSigningKey(domain, std::string(32, 's'), vault);
    store::DomainStore(tx).Insert(domain);
  }));
  CHECK(CheckMasterKey(*store, vault));
  const Result<void> refused = CheckMasterKey(*store, other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().public_text.find("master.key") != std::string::npos);
}

}  // namespace egd::service
