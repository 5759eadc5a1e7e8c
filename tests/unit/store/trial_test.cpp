#include "daemon/store/trial.h"

#include <catch2/catch.hpp>

#include "daemon/store/query.h"
#include "daemon/store/store.h"
#include "tests/unit/temp_dir.h"

namespace egd::store {
namespace {

int64_t CountPaused(Store& store) {
  return *store.Read([](Connection& connection) {
    return OneInteger(connection, "SELECT count(*) FROM paused_destinations");
  });
}

int64_t Pause(Transaction& transaction, const char* destination) {
  Query(transaction, "INSERT INTO paused_destinations VALUES (?, 1)")
      .Bind(std::string_view(destination))
      .Run();
  transaction.notes().may_be_due = true;
  transaction.notes().webhook_endpoints.push_back(7);
  return OneInteger(transaction, "SELECT count(*) FROM paused_destinations");
}

TEST_CASE("what is tried has its outcome and changes nothing", "[trial]") {
  const TempDir dir;
  const auto store = std::move(*Store::Open(dir.path()));
  int told = 0;
  CommitWatchers watchers;
  watchers.queue = [&] { ++told; };
  watchers.webhook_jobs = [&](const std::vector<int64_t>&) { ++told; };
  store->Watch(std::move(watchers));
  {
    Trial trial;
    CHECK(*store->Write([](Transaction& tx) { return Pause(tx, "a"); }) == 1);
    CHECK_FALSE(trial.refused());
    CHECK(CountPaused(*store) == 0);
    SECTION("a second job would not see the first") {
      const auto second = store->Write([](Transaction& tx) { return Pause(tx, "b"); });
      CHECK(second.error().kind == ErrorKind::kUnprocessable);
      CHECK(trial.refused());
    }
  }
  CHECK(CountPaused(*store) == 0);
  CHECK(told == 0);
  CHECK(*store->Write([](Transaction& tx) { return Pause(tx, "a"); }) == 1);
  CHECK(told == 2);
  store->Watch({});
}

TEST_CASE("what is tried and fails, fails", "[trial]") {
  const TempDir dir;
  const auto store = std::move(*Store::Open(dir.path()));
  const Trial trial;
  const auto failed = store->Write([](Transaction& tx) -> Result<void> {
    Pause(tx, "a");
    return NotFound("no");
  });
  CHECK(failed.error().kind == ErrorKind::kNotFound);
  CHECK(CountPaused(*store) == 0);
}

}  // namespace
}  // namespace egd::store
