// The signature, the schedule and the health of an endpoint.
#include <catch2/catch.hpp>

#include "daemon/hooks/endpoint_health.h"
#include "daemon/hooks/retry_schedule.h"
#include "daemon/hooks/signature.h"

namespace egd::hooks {

TEST_CASE("a signature for each key covers id, timestamp and body") {
  std::vector<std::string> seen;
  const Mac mac = [&](std::string_view key, std::string_view text) {
    seen.push_back(std::string(key) + "|" + std::string(text));
    return std::string(key);
  };
  CHECK(Signatures({"new", "old"}, "evt_1", "1700000000", "{}", mac) == "v1,bmV3 v1,b2xk");
  CHECK(seen == std::vector<std::string>{"new|evt_1.1700000000.{}", "old|evt_1.1700000000.{}"});
}

TEST_CASE("the schedule ends after its last wait") {
  using std::chrono::seconds;
  const RetrySchedule schedule({seconds(5), seconds(300)});
  CHECK(schedule.NextAttempt(1, 1000, 0) == 6000);
  CHECK(schedule.NextAttempt(1, 1000, 1) == 6500);
  CHECK(schedule.NextAttempt(1, 1000, -1) == 5500);
  CHECK(schedule.NextAttempt(2, 1000, 0) == 301'000);
  CHECK_FALSE(schedule.NextAttempt(3, 1000, 0));
}

TEST_CASE("an endpoint is given more with each success, and one at a time after a failure") {
  EndpointHealth health;
  CHECK(health.Allowed(0) == 1);
  for (const size_t expected : {2, 4, 8, 16, 32, 32}) {
    health.Succeeded();
    CHECK(health.Allowed(0) == expected);
  }
  health.Failed(1000, 0);
  CHECK(health.Allowed(1000) == 1);
  CHECK(health.Suspect());
  health.Succeeded();
  CHECK_FALSE(health.Suspect());
}

TEST_CASE("five failures open the circuit; probes come at longer pauses, up to five minutes") {
  EndpointHealth health;
  for (int i = 0; i < 4; ++i) health.Failed(1000, 0);
  CHECK(health.Allowed(1000) == 1);
  health.Failed(1000, 0);
  CHECK(health.Allowed(1000) == 0);
  CHECK(health.ProbeAt() == 6000);
  health.Failed(2000, 0);  // was under way before
  CHECK(health.ProbeAt() == 6000);
  UnixMillis now = 6000;
  for (const UnixMillis pause : {10'000, 20'000, 40'000, 80'000, 160'000, 300'000, 300'000}) {
    CHECK(health.Allowed(now) == 1);
    health.Failed(now, 0);
    CHECK(health.ProbeAt() == now + pause);
    now = health.ProbeAt();
  }
  health.Failed(now, 1);
  CHECK(health.ProbeAt() == now + 360'000);
  health.Succeeded();
  CHECK(health.Allowed(now) == 2);
}

}  // namespace egd::hooks
