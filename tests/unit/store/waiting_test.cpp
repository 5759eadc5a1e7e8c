#include "daemon/store/list_send_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/waiting_store.h"
#include "tests/unit/domain_status.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

constexpr UnixMillis kHour = 3'600'000;
constexpr UnixMillis kNow = 10'000;
constexpr int kMessages = 7;
constexpr size_t kPage = 3;

// Moves in pages; returns how many jobs that took.
int MoveAllBack(Fixture& f, UnixMillis by) {
  MovedWaits moved;
  int jobs = 0;
  for (; moved.table != MovedWaits::Table::kEnd; ++jobs) {
    f.Write([&](Transaction& tx) { WaitingStore(tx).MoveBack(by, kNow, kPage, moved); });
  }
  return jobs;
}

void Fill(Fixture& f) {
  f.Write([&](Transaction& tx) {
    f.domain.status = core::DomainStatus::kEnabled;
    REQUIRE(DomainStore(tx).Update(f.domain) == DomainSaved::kSaved);
    for (int n = 0; n < kMessages; ++n) {
      MessageStore(tx).Insert(MakeMessage(f.domain, n, 10'000), "x",
                              {{"r" + std::to_string(n) + "@example.net", "example.net"}});
    }
  });
}

}  // namespace

TEST_CASE("waiting: retries and what was put off come earlier by what the clock was set back") {
  Fixture f;
  Fill(f);
  std::vector<core::DueRecipient> due;
  f.Write([&](Transaction& tx) {
    due = QueueStore(tx).Claim(5, 10'000, {kOwner, 20'000 + kHour});
  });
  REQUIRE(due.size() == 5);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    for (int n = 0; n < 2; ++n) {
      core::DeliveryOutcome deferred;
      deferred.recipient_id = due[size_t(n)].id;
      deferred.disposition = core::Disposition::kDeferred;
      deferred.at = 11'000;
      deferred.next_attempt_at = 60'000 + kHour;
      queue.Settle(deferred);
    }
    queue.Postpone({due[2].id}, 70'000 + kHour);
    queue.SetPaused("example.net", 1);
    queue.Hold({due[3].id});
  });
  CHECK(MoveAllBack(f, kHour) == 3 + 1 + 1);  // 6 rows without the leased one
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    CHECK(queue.Find(due[0].id)->next_attempt_at == 60'000);
    CHECK(queue.Find(due[1].id)->next_attempt_at == 60'000);
    CHECK(queue.Find(due[2].id)->lease_until == 70'000);
    CHECK(queue.HasHeld("example.net"));
    CHECK(queue.Find(due[4].id)->lease_until == 20'000 + kHour);   // somebody works on it
    CHECK(queue.Claim(10, 10'000, {kOwner, 20'000}).size() == 2);  // never tried: at their old time
    CHECK(queue.NextDue() == 20'000);
    CHECK(queue.Claim(10, 60'000, {kOwner, 90'000 + kHour}).size() == 4);
  });
}

TEST_CASE("waiting: mail and turns of the old clock are due, scheduled mail stays") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    f.domain.status = core::DomainStatus::kEnabled;
    REQUIRE(DomainStore(tx).Update(f.domain) == DomainSaved::kSaved);
    core::Message scheduled = MakeMessage(f.domain, 2, 10'000);
    scheduled.send_at = 10'001 + kHour;
    MessageStore(tx).Insert(MakeMessage(f.domain, 1, 10'000 + kHour), "x",
                            {{"now@example.net", "example.net"}});
    MessageStore(tx).Insert(scheduled, "x", {{"later@example.net", "example.net"}});
    Query(tx, "UPDATE queues SET served_at = ?").Bind(9'000 + kHour).Run();
  });
  MoveAllBack(f, kHour);
  f.Write([&](Transaction& tx) {
    const auto due = QueueStore(tx).Claim(10, kNow, {kOwner, 20'000});
    REQUIRE(due.size() == 1);
    CHECK(due[0].address == "now@example.net");
    CHECK(QueueStore(tx).NextDue() == 20'000);
  });
}

TEST_CASE("waiting: webhook retries and windows of hits too, but nothing that is held") {
  Fixture f;
  Fill(f);
  constexpr UnixMillis kHeld = std::numeric_limits<UnixMillis>::max();
  f.Write([&](Transaction& tx) {
    for (int n = 0; n < kMessages; ++n) {
      Query(tx, "INSERT INTO webhook_retries VALUES (?, 1, ?, 1, 1, ?)")
          .Bind(n % 2, n, n == 4 ? kHeld : 60'000 + kHour)
          .Run();
      Query(tx, "INSERT INTO hit_windows VALUES (1, ?, ?)")
          .Bind("r" + std::to_string(n), 50'000 + kHour)
          .Run();
    }
  });
  MoveAllBack(f, kHour);
  f.Write([&](Transaction& tx) {
    CHECK(OneInteger(tx, "SELECT count(*) FROM webhook_retries WHERE next_attempt_at = 60000") ==
          kMessages - 1);
    CHECK(OneInteger(tx, "SELECT max(next_attempt_at) FROM webhook_retries") == kHeld);
    CHECK(OneInteger(tx, "SELECT count(*) FROM hit_windows WHERE closes_at = 50000") == kMessages);
  });
}

}  // namespace egd::store
