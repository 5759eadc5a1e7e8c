#include "daemon/service/upkeep/clock_watch.h"

#include <catch2/catch.hpp>

#include "daemon/store/query.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr int64_t kRetryAt = 1'800'000'000'000;

struct Watched : Gateway {
  Watched() {
    REQUIRE(store->Write([](store::Transaction& tx) {
      store::Query(tx, "INSERT INTO webhook_retries VALUES (1, 1, 1, 1, 1, ?)")
          .Bind(kRetryAt)
          .Run();
    }));
  }
  int64_t RetryAt() {
    return Read([](store::Connection& connection) {
      return store::OneInteger(connection, "SELECT next_attempt_at FROM webhook_retries");
    });
  }

  std::vector<UnixMillis> told;
  ClockWatch watch{*store, clock, [this](UnixMillis by) { told.push_back(by); }};
};

}  // namespace

TEST_CASE("clock watch: what waits is moved back with the clock, once") {
  Watched w;
  w.clock.Advance(seconds(30));
  w.watch.Look();
  CHECK(w.told.empty());
  w.clock.Advance(seconds(1));
  w.clock.SetBack(hours(1));
  w.watch.Look();
  w.watch.Look();
  CHECK(w.told == std::vector<UnixMillis>{3'600'000});
  CHECK(w.RetryAt() == kRetryAt - 3'600'000);
}

TEST_CASE(
    "clock watch: neither a clock that is adjusted nor one that is set forward moves anything") {
  Watched w;
  w.clock.SetBack(std::chrono::milliseconds(900));
  w.watch.Look();
  w.clock.SetBack(-hours(2));
  w.watch.Look();
  CHECK(w.told.empty());
  CHECK(w.RetryAt() == kRetryAt);
}

}  // namespace egd::service
