#include "daemon/queue/lane_health.h"

#include <catch2/catch.hpp>

#include "tests/unit/queue/fake_ledger.h"

namespace egd::queue {
namespace {

using smtp_client::Pace;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int64_t kDomain = 7, kOther = 8;

struct Ward {
  LaneHealth health{seconds(1), seconds(30)};
  LaneHealth::Instant now{};

  bool Refused(int message, Pace pace = Pace::kPause) {
    return health.OnUsRefused(MessageId(message), pace, "rate", 8, now);
  }
  milliseconds RestLength() {
    const auto rest = health.Rest(now);
    return rest ? std::chrono::floor<milliseconds>(rest->until - now) : milliseconds(0);
  }
};

}  // namespace

TEST_CASE("Rests double up to the longest while trouble lasts, and begin anew after it") {
  Ward ward;
  for (const int length : {1, 2, 4, 8, 16, 30, 30}) {
    ward.health.OnUnreachable("no one there", ward.now);
    CHECK(ward.RestLength() == seconds(length));
    ward.now += seconds(length);
    CHECK_FALSE(ward.health.Rest(ward.now));
  }
  ward.health.OnAnswered();
  ward.health.OnUnreachable("no one there", ward.now);
  CHECK(ward.RestLength() == seconds(1));
}

TEST_CASE("What several say of one moment is one trouble") {
  Ward ward;
  for (int i = 0; i < 5; ++i) ward.health.OnUnreachable("no one there", ward.now);
  CHECK(ward.RestLength() == seconds(1));
}

TEST_CASE("After a rest one connection probes, until something else is answered") {
  Ward ward;
  ward.health.OnUnreachable("no one there", ward.now);
  ward.now += seconds(5);
  CHECK(ward.health.MostConnections(10, ward.now) == 1);
  ward.health.OnAnswered();
  CHECK(ward.health.MostConnections(10, ward.now) == 10);
}

TEST_CASE("Only several different messages make a trouble about us") {
  Ward ward;
  for (int i = 0; i < 10; ++i) CHECK_FALSE(ward.Refused(1));
  CHECK_FALSE(ward.Refused(2));
  CHECK(ward.Refused(3));
  CHECK(ward.RestLength() == seconds(1));
  CHECK(ward.health.WhatToWaitFor(kDomain, ward.now)->why == "rate");
}

TEST_CASE("A delivery in between, or a while, makes them several no more") {
  Ward ward;
  ward.Refused(1);
  ward.Refused(2);
  ward.health.OnDelivered(kDomain);
  CHECK_FALSE(ward.Refused(3));
  ward.Refused(4);
  ward.now += LaneHealth::kWhile;
  CHECK_FALSE(ward.Refused(5));
}

TEST_CASE("Too many connections: half of them for a while, and no rest") {
  Ward ward;
  ward.Refused(1, Pace::kSlow);
  ward.Refused(2, Pace::kSlow);
  CHECK(ward.Refused(3, Pace::kSlow));
  CHECK_FALSE(ward.health.Rest(ward.now));
  CHECK(ward.health.IsSlow(ward.now));
  CHECK(ward.health.MostConnections(10, ward.now) == 4);
  ward.now += seconds(30);
  CHECK(ward.health.MostConnections(10, ward.now) == 10);
}

TEST_CASE("A sender's domain rests alone") {
  Ward ward;
  ward.health.OnSenderDomainRefused(kDomain, "its reputation", ward.now);
  CHECK(ward.health.WhatToWaitFor(kDomain, ward.now)->why == "its reputation");
  CHECK_FALSE(ward.health.WhatToWaitFor(kOther, ward.now));
  CHECK_FALSE(ward.health.Rest(ward.now));
  CHECK(ward.health.RestsOfDomains(ward.now).size() == 1);
  ward.health.OnDelivered(kDomain);
  CHECK_FALSE(ward.health.WhatToWaitFor(kDomain, ward.now));
}

TEST_CASE("Trouble is remembered as long again as the rest, then forgotten") {
  Ward ward;
  CHECK(ward.health.forgotten_at() <= ward.now);
  ward.health.OnUnreachable("no one there", ward.now);
  CHECK(ward.health.forgotten_at() == ward.now + seconds(2));
  ward.health.Forget();
  CHECK_FALSE(ward.health.WhatToWaitFor(kDomain, ward.now));
}

TEST_CASE("Refusals too few for a rest are remembered for a while") {
  Ward ward;
  ward.Refused(1);
  ward.now += seconds(10);
  ward.Refused(2);
  CHECK(ward.health.forgotten_at() == ward.now + LaneHealth::kWhile);
}

}  // namespace egd::queue
