#include "daemon/service/audience/suppressions.h"

#include <catch2/catch.hpp>

#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

struct Bench {
  Bench() {
    core::User jane;
    jane.username = "jane";
    jane.email_address = "jane@example.com";
    REQUIRE(store->Write([&](store::Transaction& tx) { store::UserStore(tx).Insert(jane); }));
    user = jane.id;
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  Suppressions suppressions{*store, clock};
  int64_t user = 0;
};

}  // namespace

TEST_CASE("an import of suppressions counts what it did with each line") {
  Bench b;
  const auto import = b.suppressions.Import(
      b.user, {"Gone@Example.net", "", "nowhere", "gone@example.net", "a_b@example.net\r"},
      "manual", "moved");
  REQUIRE(import);
  CHECK(import->total == 4);
  CHECK(import->imported == 2);
  CHECK(import->duplicates == 1);
  REQUIRE(import->failed == 1);
  CHECK(import->failed_lines[0].line == 3);
}

TEST_CASE("a pattern's star matches any text and nothing else is special") {
  Bench b;
  REQUIRE(b.suppressions.Import(b.user, {"a_b@example.net", "axb@example.net", "x@example.org"},
                                "manual", ""));
  CHECK(b.suppressions.List(b.user, "*", "", 0, 10)->total == 3);
  CHECK(b.suppressions.List(b.user, "*@EXAMPLE.net", "", 0, 10)->total == 2);
  CHECK(b.suppressions.List(b.user, "a_b*", "", 0, 10)->total == 1);
  CHECK(b.suppressions.List(b.user, "%", "", 0, 10)->total == 0);
  CHECK(b.suppressions.List(b.user, "*", "bounce", 0, 10)->total == 0);
  CHECK(b.suppressions.List(b.user + 1, "*", "", 0, 10)->total == 0);
  CHECK(b.suppressions.List(b.user, "*", "manual", 1, 1)->suppressions.at(0).address ==
        "axb@example.net");
}

TEST_CASE("suppressions are removed whatever their case, and counted by source") {
  Bench b;
  REQUIRE(b.suppressions.Import(b.user, {"a@example.net", "b@example.net"}, "manual", ""));
  REQUIRE(b.suppressions.Import(b.user, {"c@example.net"}, "bounce", ""));
  CHECK(*b.suppressions.Delete(b.user, {"A@EXAMPLE.NET", "absent@example.net"}) == 1);
  const auto counts = b.suppressions.CountBySource(b.user);
  REQUIRE(counts);
  REQUIRE(counts->size() == 2);
  CHECK(counts->at(0).count == 1);
}

}  // namespace egd::service
