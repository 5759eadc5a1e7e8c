#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "daemon/core/audience.h"
#include "daemon/store/list_send_store.h"
#include "daemon/store/list_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "tests/unit/domain_status.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

// Only then its mail is claimed.
void EnableDomain(Fixture& f, Transaction& tx) {
  f.domain.status = core::DomainStatus::kEnabled;
  REQUIRE(DomainStore(tx).Update(f.domain) == DomainSaved::kSaved);
}

core::SenderDomain MakeEnabled(int64_t user_id, const std::string& name) {
  core::SenderDomain domain = MakeDomain(user_id, name);
  domain.status = core::DomainStatus::kEnabled;
  return domain;
}

// Queues `count` recipients of one message each, accepted a millisecond apart.
void Fill(Fixture& f, int count, UnixMillis from = 10'000) {
  f.Write([&](Transaction& tx) {
    EnableDomain(f, tx);
    for (int n = 0; n < count; ++n) {
      MessageStore(tx).Insert(MakeMessage(f.domain, n, from + n), "x",
                              {{"r" + std::to_string(n) + "@example.net", "example.net"}});
    }
  });
}

core::DeliveryOutcome Outcome(int64_t id, core::Disposition disposition, UnixMillis next = 0) {
  core::DeliveryOutcome outcome;
  outcome.recipient_id = id;
  outcome.disposition = disposition;
  outcome.at = 50'000;
  outcome.next_attempt_at = next;
  return outcome;
}

TEST_CASE("queue: nothing is claimed of users who are to wait") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}, {7, f.domain.user_id}).empty());
    const auto due = queue.Claim(10, 20'000, {kOwner, 30'000}, {7});
    REQUIRE(due.size() == 3);
    CHECK(due[0].user_id == f.domain.user_id);
  });
}

TEST_CASE("queue: claims what is due, oldest first, as many as asked, once") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    CHECK(queue.NextDue() == 10'000);
    CHECK(queue.Claim(10, 9'999, {kOwner, 20'000}).empty());
    const auto due = queue.Claim(2, 10'002, {kOwner, 20'000});
    REQUIRE(due.size() == 2);
    CHECK(due[0].address == "r0@example.net");
    CHECK(due[0].destination == "example.net");
    CHECK(due[0].message_id == MakeMessage(f.domain, 0, 10'000).id);
    CHECK(due[0].attempts == 0);
    CHECK(due[0].accepted_at == 10'000);
    CHECK(due[0].expires_at == 11'000);
    CHECK(due[1].address == "r1@example.net");
    CHECK(queue.NextDue() == 10'002);
    CHECK(queue.Claim(10, 10'002, {kOwner, 20'000}).size() == 1);
    CHECK(queue.Claim(10, 10'002, {kOwner, 20'000}).empty());
    CHECK(queue.NextDue() == 20'000);
  });
}

TEST_CASE("queue: a lease that ran out makes its recipient due again") {
  Fixture f;
  Fill(f, 1);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    REQUIRE(queue.Claim(10, 10'000, {kOwner, 20'000}).size() == 1);
    CHECK(queue.Claim(10, 19'999, {kOwner, 30'000}).empty());
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).size() == 1);
  });
}

TEST_CASE("queue: deferred waits for its next attempt and counts it") {
  Fixture f;
  Fill(f, 1);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const int64_t id = queue.Claim(10, 10'000, {kOwner, 20'000}).at(0).id;
    const auto before = queue.Settle(Outcome(id, core::Disposition::kDeferred, 60'000));
    REQUIRE(before);
    CHECK(before->attempts == 0);
    CHECK(before->lease_until == 20'000);
    const auto after = queue.Find(id);
    REQUIRE(after);
    CHECK(after->attempts == 1);
    CHECK(after->next_attempt_at == 60'000);
    CHECK(after->lease_until == 0);
    CHECK(queue.NextDue() == 60'000);
    CHECK(queue.Claim(10, 59'999, {kOwner, 70'000}).empty());
    CHECK(queue.Claim(10, 60'000, {kOwner, 70'000}).at(0).attempts == 1);
  });
}

TEST_CASE("queue: delivered and bounced are gone, with the facts their event needs") {
  Fixture f;
  Fill(f, 2);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const auto due = queue.Claim(10, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 2);
    const auto settled = queue.Settle(Outcome(due[0].id, core::Disposition::kDelivered));
    REQUIRE(settled);
    CHECK(settled->id == due[0].id);
    CHECK(settled->message_id == due[0].message_id);
    CHECK(settled->user_id == f.user.id);
    CHECK(settled->domain_id == f.domain.id);
    CHECK(settled->address == "r0@example.net");
    CHECK(settled->destination == "example.net");
    CHECK(settled->accepted_at == 10'000);
    CHECK(queue.Settle(Outcome(due[1].id, core::Disposition::kBounced)));
    CHECK_FALSE(queue.Settle(Outcome(due[1].id, core::Disposition::kDelivered)));
    CHECK(queue.Count() == 0);
    CHECK(queue.NextDue() == 0);
  });
}

TEST_CASE("queue: released leases are due again at their old time") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const auto due = queue.Claim(10, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 3);
    queue.Release({due[2].id, 999});
    CHECK(queue.NextDue() == 10'002);
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).size() == 1);
  });
}

TEST_CASE("queue: the leases of dead owners end at once, those of a living one never") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    constexpr int64_t kDead = 7, kLiving = 8;
    REQUIRE(queue.Claim(1, 20'000, {kDead, 90'000}).size() == 1);
    REQUIRE(queue.Claim(1, 20'000, {kLiving, 90'000}).size() == 1);
    const auto postponed = queue.Claim(1, 20'000, {kDead, 90'000});
    queue.Postpone({postponed.at(0).id}, 999'000);
    queue.ReleaseAllBut(kLiving);
    CHECK(queue.NextDue() == 10'000);
    CHECK(queue.Claim(10, 20'000, {kLiving, 90'000}).size() == 2);
    CHECK(queue.NextDue() == 90'000);
  });
}

TEST_CASE("queue: a lease is renewed by its owner, who still has it") {
  Fixture f;
  Fill(f, 2);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const auto due = queue.Claim(2, 20'000, {7, 30'000});
    REQUIRE(due.size() == 2);
    queue.Settle(Outcome(due[1].id, core::Disposition::kDeferred, 35'000));
    queue.Renew({due[0].id, due[1].id, 999}, {8, 60'000});
    CHECK(queue.NextDue() == 30'000);
    queue.Renew({due[0].id, due[1].id, 999}, {7, 60'000});
    CHECK(queue.NextDue() == 35'000);
    CHECK(queue.Claim(2, 35'000, {7, 90'000}).size() == 1);
    queue.Renew({due[0].id}, {7, 50'000});  // never shortened
    CHECK(queue.NextDue() == 60'000);
  });
}

TEST_CASE("queue: opening the store ends the leases of the process before") {
  Fixture f;
  Fill(f, 1);
  f.Write([](Transaction& tx) {
    CHECK(QueueStore(tx).Claim(1, 10'000, {kOwner, 1'000'000}).size() == 1);
  });
  f.store.reset();
  f.store = OpenStore(f.dir.path());
  f.Write([](Transaction& tx) {
    CHECK(QueueStore(tx).Claim(1, 10'000, {kOwner, 1'000'000}).size() == 1);
  });
}

TEST_CASE("queue: a domain is counted and dropped, leased or not, and no other") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    core::SenderDomain other = MakeDomain(f.user.id, "other.example");
    REQUIRE(DomainStore(tx).Insert(other) == DomainSaved::kSaved);
    MessageStore(tx).Insert(MakeMessage(other, 100), "x", {{"x@example.org", "example.org"}});
    QueueStore queue(tx);
    const auto leased = queue.Claim(1, 20'000, {kOwner, 30'000});
    REQUIRE(leased.size() == 1);
    CHECK(queue.CountByDomain(f.domain.id) == 3);
    CHECK(DropQueue(tx, f.domain.id, 60'000) == 3);
    CHECK(DropQueue(tx, f.domain.id, 60'000) == 0);
    CHECK(queue.CountByDomain(f.domain.id) == 0);
    CHECK(queue.CountByDomain(other.id) == 1);
    CHECK(MessageStore(tx).PurgeContents(60'001, 10) == 3);
    CHECK(MessageStore(tx).FindContent(MakeMessage(other, 100).id));
  });
}

TEST_CASE("queue: what is in a closed queue is seen by nobody, before it is deleted") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const auto due = queue.Claim(1, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 1);
    const int64_t closed = queue.Close(f.domain.id);
    REQUIRE(closed != 0);
    CHECK(queue.CountClosed(closed) == 3);
    CHECK(queue.Close(f.domain.id) == 0);
    CHECK(queue.Claim(10, 90'000, {kOwner, 99'000}).empty());
    CHECK(queue.NextDue() == 0);
    CHECK(queue.Count() == 0);
    CHECK(queue.CountByDomain(f.domain.id) == 0);
    CHECK_FALSE(queue.Find(due[0].id));
    CHECK_FALSE(queue.HasRecipients(due[0].message_id));
    CHECK(queue.ListByMessage(f.domain.id, due[0].message_id, 10).empty());
    CHECK(queue.Depths(10).empty());
    CHECK(queue.DepthOf("example.net").recipients == 0);
    CHECK(queue.MakeDue("example.net", 20'000, true, 10) == 0);
    CHECK_FALSE(queue.Settle(Outcome(due[0].id, core::Disposition::kDelivered)));
    MessageStore(tx).Insert(MakeMessage(f.domain, 9), "x", {{"new@example.net", "example.net"}});
    CHECK(queue.Claim(10, 90'000, {kOwner, 99'000}).at(0).address == "new@example.net");
    CHECK(queue.DropClosed(closed, 2, 50'000).size() == 2);
    CHECK(queue.DropClosed(closed, 2, 50'000).size() == 1);
    CHECK(queue.DropClosed(closed, 2, 50'000).empty());
    CHECK(MessageStore(tx).PurgeContents(60'000, 10) == 3);
  });
}

TEST_CASE("queue: the late outcome of a dropped recipient meets no newer one") {
  Fixture f;
  Fill(f, 1);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const int64_t dropped = queue.Claim(1, 20'000, {kOwner, 30'000}).at(0).id;
    DropQueue(tx, f.domain.id, 40'000);
    MessageStore(tx).Insert(MakeMessage(f.domain, 7), "x", {{"new@example.net", "example.net"}});
    CHECK_FALSE(queue.Settle(Outcome(dropped, core::Disposition::kDelivered)));
    CHECK(queue.Count() == 1);
  });
}

TEST_CASE("queue: a send to a list that is stopped gets no more recipients, and its content goes") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    core::SubscriberList list;
    list.user_id = f.user.id;
    ListStore(tx).Insert(list);
    ListSendStore sends(tx);
    sends.Insert(MakeMessage(f.domain), "x", {list.id, 0, 9, 9});
    auto due = *sends.NextDue(10'000, 0);
    sends.Advance(due, {{"a@one.example", "one.example"}});
    sends.EndOfDomain(f.domain.id);
    CHECK_FALSE(sends.NextDue(10'000, 0));
    QueueStore queue(tx);
    CHECK(MessageStore(tx).PurgeContents(100'000, 10) == 0);
    CHECK(DropQueue(tx, f.domain.id, 30) == 1);
    CHECK(MessageStore(tx).PurgeContents(100'000, 10) > 0);
    CHECK_FALSE(MessageStore(tx).FindContent(MakeMessage(f.domain).id));
  });
}

TEST_CASE("queue: what was postponed is due at its time, or at once when its destination is") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const auto due = queue.Claim(10, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 3);
    queue.Postpone({due[0].id, due[1].id}, 90'000);
    queue.Settle(Outcome(due[2].id, core::Disposition::kDeferred, 80'000));
    CHECK(queue.NextDue() == 80'000);
    CHECK(queue.MakeDue("other.example", 40'000, true, 10) == 0);
    CHECK(queue.MakeDue("example.net", 40'000, false, 10) == 2);
    CHECK(queue.Claim(10, 40'000, {kOwner, 50'000}).size() == 2);
    CHECK(queue.MakeDue("example.net", 40'000, true, 2) == 1);  // the others are under way
    CHECK(queue.MakeDue("example.net", 40'000, true, 2) == 0);
    CHECK(queue.TakeWaiting(due[0].message_id, 10, 40'000).empty());
    CHECK(queue.Claim(10, 40'000, {kOwner, 50'000}).size() == 1);
  });
}

TEST_CASE(
    "queue: held mail is not claimed until its destination is resumed, even after a restart") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    queue.SetPaused("example.net", 1);
    const auto due = queue.Claim(2, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 2);
    queue.Hold({due[0].id, due[1].id});
    CHECK(queue.HasHeld("example.net"));
    constexpr UnixMillis kMuchLater = 1'000'000'000'000;
    CHECK(queue.Claim(10, kMuchLater, {kOwner, kMuchLater + 1}).size() == 1);
    queue.ReleaseAllBut(kOwner + 1);
    CHECK(queue.Claim(10, kMuchLater, {kOwner, kMuchLater + 1}).size() == 1);
    REQUIRE(queue.ClearPaused("example.net"));
    CHECK(queue.MakeDue("example.net", kMuchLater + 2, false, 10) == 2);
    CHECK_FALSE(queue.HasHeld("example.net"));
    CHECK(queue.Claim(10, kMuchLater + 2, {kOwner, kMuchLater + 3}).size() == 3);
  });
}

TEST_CASE("queue: what is held too late for the resume is due at once, also after a crash") {
  Fixture f;
  Fill(f, 2);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    const auto due = queue.Claim(2, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 2);
    queue.Hold({due[0].id});  // nobody paused it any more
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).size() == 1);
    queue.SetPaused("example.net", 1);
    queue.Hold({due[1].id});
    REQUIRE(queue.ClearPaused("example.net"));
    queue.ReleaseAllBut(kOwner + 1);  // the process ended before MakeDue
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).size() == 2);
  });
}

TEST_CASE("queue: a message's recipients are taken or moved unless somebody works on them") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    EnableDomain(f, tx);
    QueueStore queue(tx);
    const Uuid message = MakeMessage(f.domain, 0, 10'000).id;
    MessageStore(tx).Insert(MakeMessage(f.domain, 0, 10'000), "x",
                            {{"a@example.net", "example.net"},
                             {"b@example.net", "example.net"},
                             {"c@example.net", "example.net"}});
    const auto due = queue.Claim(2, 20'000, {kOwner, 30'000});
    REQUIRE(due.size() == 2);
    queue.Postpone({due[1].id}, 90'000);
    MovedRecipients moved = queue.SetDue(message, 70'000, 0, 1);
    CHECK(moved.count == 1);
    moved = queue.SetDue(message, 70'000, moved.last_id, 2);
    CHECK(moved.count == 1);
    CHECK(moved.last_id == 0);
    CHECK(queue.NextDue() == 30'000);
    CHECK(queue.TakeWaiting(message, 1, 20'000).size() == 1);
    const auto taken = queue.TakeWaiting(message, 10, 20'000);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].id != due[0].id);
    CHECK(queue.TakeWaiting(message, 10, 20'000).empty());
    CHECK(queue.Settle(Outcome(due[0].id, core::Disposition::kDelivered)));
    CHECK(queue.NextDue() == 0);
    CHECK(MessageStore(tx).PurgeContents(100'000, 10) > 0);
  });
}

TEST_CASE("queue: mail whose own time has not come is not made due") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    EnableDomain(f, tx);
    core::Message later = MakeMessage(f.domain);
    later.send_at = 99'000;
    MessageStore(tx).Insert(later, "x", {{"r@example.net", "example.net"}});
    QueueStore queue(tx);
    CHECK(queue.MakeDue("example.net", 20'000, true, 10) == 0);
    CHECK(queue.NextDue() == 99'000);
  });
}

TEST_CASE("queue: tells the deepest destinations and how long they wait; remembers pauses") {
  Fixture f;
  Fill(f, 3);
  f.Write([&](Transaction& tx) {
    MessageStore(tx).Insert(MakeMessage(f.domain, 9, 5'000), "x", {{"r@b.example", "b.example"}});
    QueueStore queue(tx);
    const auto depths = queue.Depths(10);
    REQUIRE(depths.size() == 2);
    CHECK(depths[0].destination == "example.net");
    CHECK(depths[0].recipients == 3);
    CHECK(depths[0].oldest_at == 10'000);
    CHECK(depths[1].oldest_at == 5'000);
    CHECK(queue.DepthOf("example.net").recipients == 3);
    CHECK(queue.DepthOf("none.example").recipients == 0);
    queue.SetPaused("b.example", 1);
    queue.SetPaused("b.example", 2);
    CHECK(queue.ListPaused() == std::vector<std::string>{"b.example"});
    CHECK(queue.ClearPaused("b.example"));
    CHECK_FALSE(queue.ClearPaused("b.example"));
  });
}

TEST_CASE("queue: one user's thousand does not delay another's one") {
  Fixture f;
  Fill(f, 1000);
  core::SenderDomain other;
  f.Write([&](Transaction& tx) {
    core::User user = MakeUser("joe");
    user.email_address = "joe@example.com";
    REQUIRE(UserStore(tx).Insert(user) == UserSaved::kSaved);
    other = MakeEnabled(user.id, "joe.example");
    REQUIRE(DomainStore(tx).Insert(other) == DomainSaved::kSaved);
    MessageStore(tx).Insert(MakeMessage(other, 5000, 19'000), "x",
                            {{"jane@example.net", "example.net"}});
    QueueStore queue(tx);
    const auto claimed = queue.Claim(10, 20'000, {kOwner, 30'000});
    CHECK(claimed.size() == 10);
    CHECK(std::ranges::count(claimed, "jane@example.net", &core::DueRecipient::address) == 1);
  });
}

TEST_CASE("queue: with room for one at a time, domains take turns") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    EnableDomain(f, tx);
    std::vector<core::SenderDomain> domains = {f.domain};
    for (const char* name : {"b.example", "c.example"}) {
      domains.push_back(MakeEnabled(f.user.id, name));
      REQUIRE(DomainStore(tx).Insert(domains.back()) == DomainSaved::kSaved);
    }
    for (int n = 0; n < 12; ++n) {
      MessageStore(tx).Insert(MakeMessage(domains[n < 10 ? 0 : n - 9], n), "x",
                              {{"r" + std::to_string(n) + "@example.net", "example.net"}});
    }
    QueueStore queue(tx);
    std::vector<std::string> first;
    for (int i = 0; i < 3; ++i)
      first.push_back(queue.Claim(1, 20'000, {kOwner, 30'000}).at(0).address);
    std::ranges::sort(first);
    CHECK(first ==
          std::vector<std::string>{"r0@example.net", "r10@example.net", "r11@example.net"});
    CHECK(queue.Claim(100, 20'000, {kOwner, 30'000}).size() == 9);
  });
}

// What `queues` must say of a queue: the least instant at which a recipient of it can be claimed.
std::map<int64_t, UnixMillis> FirstDueByRecipients(Transaction& tx) {
  Query query(tx,
              "SELECT q.id, ifnull((SELECT min(max(next_attempt_at, lease_until)) FROM recipients "
              "WHERE queue = q.id), 9223372036854775807) FROM queues q");
  std::map<int64_t, UnixMillis> first;
  while (query.Step()) {
    const auto queue = query.Value<int64_t>();
    query.Read(first[queue]);
  }
  return first;
}

std::map<int64_t, UnixMillis> FirstDueByQueues(Transaction& tx) {
  Query query(tx, "SELECT id, first_due_at FROM queues");
  std::map<int64_t, UnixMillis> first;
  while (query.Step()) {
    const auto queue = query.Value<int64_t>();
    query.Read(first[queue]);
  }
  return first;
}

// Random changes to the queues of some domains, with what is leased by whom.
class Shaker {
 public:
  Shaker(Transaction& tx, std::vector<core::SenderDomain> domains, unsigned seed)
      : tx_(tx), queue_(tx), domains_(std::move(domains)), random_(seed) {}

  void Step() {
    now_ += Millis(3'000);
    switch (Pick(10)) {
      case 0:
      case 1:
        return Insert();
      case 2:
        for (const auto& due : queue_.Claim(1 + Pick(6), now_, {kOwner, now_ + 5'000})) {
          leased_.push_back(due.id);
        }
        return;
      case 3:
        queue_.Settle(Outcome(Any(), core::Disposition::kDelivered));
        return;
      case 4:
        queue_.Settle(Outcome(Any(), core::Disposition::kDeferred, now_ + Millis(9'000)));
        return;
      case 5:
        return queue_.Release({Any(), Any()});
      case 6:
        return queue_.Postpone({Any(), Any()}, now_ + Millis(20'000));
      case 7:
        return queue_.Renew({Any(), Any()}, {kOwner, now_ + 9'000});
      case 8:
        queue_.MakeDue("example.net", now_, Pick(2) == 0, 3);
        return;
      case 9:
        return Rarely();
    }
  }

 private:
  void Insert() {
    core::Message message = MakeMessage(domains_.at(Pick(domains_.size())), int(++messages_), now_);
    if (Pick(3) == 0) message.send_at = now_ + Millis(10'000);
    MessageStore(tx_).Insert(message, "x",
                             {{"a@example.net", "example.net"}, {"b@example.org", "example.org"}});
  }
  void Rarely() {
    const int64_t domain = domains_.at(Pick(domains_.size())).id;
    if (Pick(4) == 0) DropQueue(tx_, domain, now_);
    if (Pick(4) == 0) queue_.ReleaseAllBut(kOwner + 1);
  }
  size_t Pick(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }
  UnixMillis Millis(size_t below) { return static_cast<UnixMillis>(Pick(below)); }
  int64_t Any() { return leased_.empty() ? 999 : leased_.at(Pick(leased_.size())); }

  Transaction& tx_;
  QueueStore queue_;
  const std::vector<core::SenderDomain> domains_;
  std::mt19937 random_;
  UnixMillis now_ = 10'000;
  size_t messages_ = 0;
  std::vector<int64_t> leased_;
};

TEST_CASE("queue: whatever is done, each queue's row tells when its first recipient is due") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    std::vector<core::SenderDomain> domains = {f.domain};
    for (const char* name : {"b.example", "c.example"}) {
      domains.push_back(MakeDomain(f.user.id, name));
      REQUIRE(DomainStore(tx).Insert(domains.back()) == DomainSaved::kSaved);
    }
    for (unsigned seed = 1; seed <= 5; ++seed) {
      Shaker shaker(tx, domains, seed);
      for (int step = 0; step < 300; ++step) {
        shaker.Step();
        INFO("seed " << seed << ", step " << step);
        REQUIRE(FirstDueByQueues(tx) == FirstDueByRecipients(tx));
      }
      for (const auto& domain : domains) DropQueue(tx, domain.id, 1);
    }
  });
}

TEST_CASE("queue: a domain with a backlog stands behind those that are due by then") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    std::vector<core::SenderDomain> domains;
    for (size_t n = 0; n < QueueStore::kMostSources + 10; ++n) {
      domains.push_back(MakeEnabled(f.user.id, "d" + std::to_string(n) + ".example"));
      REQUIRE(DomainStore(tx).Insert(domains.back()) == DomainSaved::kSaved);
      for (int k = 0; k < 3; ++k) {
        MessageStore(tx).Insert(MakeMessage(domains.back(), int(3 * n) + k), "x",
                                {{"r" + std::to_string(n) + "@example.net", "example.net"}});
      }
    }
    QueueStore queue(tx);
    std::set<std::string> served;
    for (UnixMillis now = 20'000; now < 20'002; ++now) {
      for (const auto& due : queue.Claim(QueueStore::kMostSources, now, {kOwner, 90'000})) {
        served.insert(due.address);
      }
    }
    CHECK(served.size() == domains.size());
  });
}

TEST_CASE("queue: the mail of a domain that is not Enabled, or of a disabled user, waits") {
  Fixture f;
  Fill(f, 2);
  f.Write([&](Transaction& tx) {
    QueueStore queue(tx);
    for (const auto status : {core::DomainStatus::kApprovalPending, core::DomainStatus::kDisabled,
                              core::DomainStatus::kSuspended}) {
      REQUIRE(SetStatus(tx, f.domain.id, status) == DomainSaved::kSaved);
      CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).empty());
      CHECK(queue.NextDue() == 0);
    }
    REQUIRE(SetStatus(tx, f.domain.id, core::DomainStatus::kEnabled) == DomainSaved::kSaved);
    CHECK(queue.NextDue() == 10'000);
    f.user.enabled = false;
    REQUIRE(UserStore(tx).Update(f.user) == UserSaved::kSaved);
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).empty());
    CHECK(queue.NextDue() == 0);
    f.user.enabled = true;
    REQUIRE(UserStore(tx).Update(f.user) == UserSaved::kSaved);
    CHECK(queue.Claim(10, 20'000, {kOwner, 30'000}).size() == 2);
  });
}

}  // namespace
}  // namespace egd::store
