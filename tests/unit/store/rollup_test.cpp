// Rollups against a count over the events themselves.
#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/migration.h"
#include "daemon/store/query.h"
#include "daemon/store/rollup_store.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using core::DeliveryTimes;
using core::Event;
using core::EventCounts;
using core::EventType;

constexpr UnixMillis kStart = 1'706'659'200'000;  // 2024-01-31, a day before a leap February
constexpr int64_t kFirstDay = kStart / kDayMillis;
constexpr int kDays = 35;

// What can be seen in a range of days of one domain, once from the events, once from the rollups.
struct Statistics {
  std::map<int64_t, EventCounts> days;
  std::map<CountedField, std::map<std::string, EventCounts>> values;
  std::map<Uuid, int64_t> messages;
  std::map<std::pair<EventType, std::string>, DeliveryTimes> times;

  bool operator==(const Statistics&) const = default;
};

std::string DomainOf(const std::string& recipient) {
  return recipient.substr(recipient.rfind('@') + 1);
}

void Count(Statistics& sum, const Event& event) {
  const auto add = [&](CountedField field, const std::string& value) {
    if (!value.empty()) sum.values[field][value].Add(event.type);
  };
  sum.days[DayOf(event.at)].Add(event.type);
  ++sum.messages[event.message_id];
  add(CountedField::kHour, FormatDateTime(event.at).substr(0, 14) + "00");
  add(CountedField::kRecipientDomain, DomainOf(event.recipient));
  add(CountedField::kSmtpCode, event.smtp_code == 0 ? "" : std::to_string(event.smtp_code));
  add(CountedField::kMxHost, event.mx_host);
  add(CountedField::kLink, event.url);
  for (const auto& tag : std::set(event.tags.begin(), event.tags.end())) {
    add(CountedField::kTag, tag);
  }
  if (event.type == EventType::kDelivery || event.type == EventType::kBounce) {
    sum.times[{event.type, DomainOf(event.recipient)}].Add(event.delivery_ms);
  }
}

Statistics FromEvents(Connection& connection, int64_t domain_id, DayRange range) {
  EventFilter filter;
  filter.domain_id = domain_id;
  filter.from = range.first * kDayMillis;
  filter.to = (range.last + 1) * kDayMillis - 1;
  Statistics sum;
  for (const Event& event : EventStore(connection).List(filter, 0, 1'000'000).events) {
    Count(sum, event);
  }
  return sum;
}

void ReadTimes(RollupStore& rollups, int64_t domain_id, DayRange range, Statistics& sum) {
  for (const EventType outcome : {EventType::kDelivery, EventType::kBounce}) {
    for (const auto& [value, counts] : sum.values[CountedField::kRecipientDomain]) {
      const DeliveryTimes times = rollups.Times(domain_id, outcome, value, range);
      if (times.recipients > 0) sum.times[{outcome, value}] = times;
    }
  }
}

Statistics FromRollups(Connection& connection, int64_t domain_id, DayRange range) {
  RollupStore rollups(connection);
  Statistics sum;
  sum.days = rollups.CountByDay(domain_id, range);
  for (const CountedField field :
       {CountedField::kHour, CountedField::kRecipientDomain, CountedField::kTag,
        CountedField::kSmtpCode, CountedField::kMxHost, CountedField::kLink}) {
    for (CountedValue& one : rollups.CountByValue(domain_id, field, range)) {
      CHECK(sum.values[field].emplace(std::move(one.value), one.events).second);
    }
  }
  for (const CountedMessage& one : rollups.CountByMessage(domain_id, range, 1'000'000)) {
    CHECK(sum.messages.emplace(one.id, one.events).second);
  }
  ReadTimes(rollups, domain_id, range, sum);
  std::erase_if(sum.values, [](const auto& field) { return field.second.empty(); });
  return sum;
}

// Lives of messages as they come about: accepted or rejected, tried, tried again, delivered or
// bounced, read. Each step is a commit of its own or shares one with others, and some jobs fail
// after having written.
class History {
 public:
  History(Fixture& fixture, unsigned seed) : fixture_(fixture), random_(seed) {}

  int Pick(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }

  void AddDomain(const core::SenderDomain& domain) { domains_.push_back(domain); }

  void Write(int messages) {
    for (int i = 0; i < messages; ++i) {
      std::vector<std::pair<core::Message, std::vector<Event>>> job;
      for (int n = Pick(4); n >= 0; --n) job.push_back(MakeLife());
      const bool fails = Pick(5) == 0;
      fixture_.store->WriteAsync(
          [job, fails](Transaction& tx) -> Result<void> {
            for (auto [message, events] : job) {
              MessageStore(tx).Insert(message, "x", {});
              for (Event& event : events) events::Record(tx, event);
            }
            if (fails) return Unavailable("Try again.");
            return {};
          },
          [](Result<void>) {});
    }
    fixture_.Write([](Transaction&) {});
  }

 private:
  // Near midnight more often than not.
  UnixMillis Instant() {
    const UnixMillis midnight = kStart + Pick(kDays) * kDayMillis;
    if (Pick(3) == 0) return midnight + Pick(int(kDayMillis));
    return midnight + std::vector<int>{-2, -1, 0, 1, 999, -3'600'000, 3'599'999}[Pick(7)];
  }

  std::pair<core::Message, std::vector<Event>> MakeLife() {
    const UnixMillis at = std::max(Instant(), kStart);
    core::Message message = MakeMessage(domains_[Pick(int(domains_.size()))], ++messages_, at);
    for (int n = Pick(3); n > 0; --n) message.tags.push_back("tag " + std::to_string(Pick(4)));
    std::vector<Event> events;
    for (int n = Pick(3); n >= 0; --n) AddRecipient(message, events);
    return {message, events};
  }

  void AddRecipient(const core::Message& message, std::vector<Event>& events) {
    Event event;
    event.message_id = message.id;
    event.at = message.accepted_at;
    event.recipient = "r\"@\"@host" + std::to_string(Pick(5)) + ".example";
    event.type = Pick(10) == 0 ? EventType::kRejected : EventType::kAccepted;
    events.push_back(event);
    if (event.type == EventType::kRejected) return;
    for (event.type = EventType::kDeferred; Pick(3) == 0;) Attempt(message, event, events);
    event.type = Pick(4) == 0 ? EventType::kBounce : EventType::kDelivery;
    Attempt(message, event, events);
    Read(event, events);
  }

  void Attempt(const core::Message& message, Event& event, std::vector<Event>& events) {
    static constexpr int kWaits[] = {0,      999,    1000,    4999,    5000,    10'000,    30'000,
                                     59'999, 60'000, 299'999, 300'000, 600'000, 86'400'000};
    event.at += kWaits[Pick(std::size(kWaits))];
    event.delivery_ms = event.at - message.accepted_at;
    event.smtp_code = event.type == EventType::kDelivery ? 250 : 400 + 100 * Pick(2);
    event.mx_host = Pick(6) == 0 ? "" : "mx" + std::to_string(Pick(3)) + ".example";
    if (event.mx_host.empty()) event.smtp_code = 0;
    events.push_back(event);
  }

  void Read(Event event, std::vector<Event>& events) {
    event.smtp_code = 0;
    event.mx_host.clear();
    event.delivery_ms = 0;
    static constexpr EventType kLater[] = {EventType::kOpen, EventType::kClick,
                                           EventType::kUnsubscribe, EventType::kComplaint};
    for (int n = Pick(4); n > 0; --n) {
      event.type = kLater[Pick(4)];
      event.at += Pick(3) * 40'000'000;
      event.url =
          event.type == EventType::kClick ? "https://x.example/" + std::to_string(Pick(3)) : "";
      events.push_back(event);
    }
  }

  Fixture& fixture_;
  std::mt19937 random_;
  std::vector<core::SenderDomain> domains_;
  int messages_ = 0;
};

struct RollupFixture : Fixture {
  explicit RollupFixture(unsigned seed) : history(*this, seed) {
    Fixture::Write([&](Transaction& tx) {
      other = MakeDomain(user.id, "other.example");
      REQUIRE(DomainStore(tx).Insert(other) == DomainSaved::kSaved);
    });
    history.AddDomain(domain);
    history.AddDomain(other);
  }

  void Compare(int64_t domain_id, DayRange range) {
    CAPTURE(domain_id, range.first - kFirstDay, range.last - kFirstDay);
    Read([&](Connection& c) {
      const Statistics events = FromEvents(c, domain_id, range);
      const Statistics rollups = FromRollups(c, domain_id, range);
      CHECK(rollups.days == events.days);
      CHECK(rollups.values == events.values);
      CHECK(rollups.messages == events.messages);
      CHECK(rollups.times == events.times);
    });
  }

  void CompareManyRanges() {
    for (const int64_t id : {domain.id, other.id}) {
      Compare(id, {INT64_MIN / kDayMillis, 2'932'896});  // all there can be
      for (int i = 0; i < 12; ++i) {
        const int64_t first = kFirstDay + history.Pick(kDays);
        Compare(id, {first, first + history.Pick(i < 6 ? 2 : kDays)});
      }
    }
  }

  core::SenderDomain other;
  History history;
};

std::vector<std::pair<int64_t, Uuid>> Top(Connection& connection, int64_t domain_id, size_t most) {
  std::vector<std::pair<int64_t, Uuid>> top;
  for (const auto& one : RollupStore(connection).CountByMessage(domain_id, {0, 1}, most)) {
    top.emplace_back(one.events, one.id);
  }
  return top;
}

}  // namespace

TEST_CASE("rollups agree exactly with a count over random histories") {
  const unsigned seed = GENERATE(1u, 2u, 3u, 4u);
  CAPTURE(seed);
  RollupFixture f(seed);
  f.history.Write(40);
  f.CompareManyRanges();
  f.history.Write(10);
  f.Compare(f.domain.id, {kFirstDay, kFirstDay + kDays + 10});
  CHECK(f.store->GetStats().failed > 0);
}

TEST_CASE("the migrations count events from before as appending them does") {
  RollupFixture f(5);
  f.history.Write(40);
  f.store.reset();
  {
    Connection connection(f.dir.path() + "/egd.db", false);
    Execute(connection,
            "DROP TABLE event_counts; DROP TABLE message_counts; DROP TABLE delivery_times; "
            "DROP TABLE day_counts; DROP TRIGGER domains_deleted; DROP TABLE deleted_domains; "
            "DROP INDEX recipients_by_destination; "
            "ALTER TABLE recipients ADD COLUMN domain_id INTEGER");  // which it had then
    for (const Migration& migration : Migrations()) {
      if (migration.name != "statistics" && migration.name != "day_counts") continue;
      Execute(connection, std::string(migration.sql));
    }
    Execute(connection,
            "DROP INDEX recipients_by_destination; ALTER TABLE recipients DROP COLUMN domain_id; "
            "CREATE INDEX recipients_by_destination ON recipients (destination, queue)");
  }
  f.store = OpenStore(f.dir.path());
  f.CompareManyRanges();
}

TEST_CASE("a page of events and their total do not depend on how they are counted") {
  RollupFixture f(6);
  f.history.Write(40);
  const auto check = [&](EventFilter filter) {
    CAPTURE(filter.from.value_or(-1), filter.to.value_or(-1), filter.type.has_value());
    f.Read([&](Connection& c) {
      const auto all = EventStore(c).ListBefore(filter, {}, 1'000'000);
      for (const size_t offset : {size_t(0), all.size() / 3, all.size() / 2, all.size()}) {
        const EventPage page = EventStore(c).List(filter, int64_t(offset), 7);
        CHECK(page.total == int64_t(all.size()));
        REQUIRE(page.events.size() == std::min<size_t>(7, all.size() - offset));
        for (size_t i = 0; i < page.events.size(); ++i) {
          CHECK(page.events[i].sequence == all[offset + i].sequence);
        }
      }
    });
  };
  const auto check_many = [&] {
    for (int i = 0; i < 20; ++i) {
      EventFilter filter;
      filter.domain_id = f.domain.id;
      const UnixMillis unit = i % 2 == 0 ? kDayMillis : kDayMillis / 3;
      if (f.history.Pick(3) > 0) filter.from = kStart + f.history.Pick(kDays) * unit;
      if (f.history.Pick(3) > 0) filter.to = kStart + f.history.Pick(kDays) * unit - 1;
      if (f.history.Pick(2) > 0) filter.type = EventType(f.history.Pick(int(core::kEventTypes)));
      check(filter);
    }
  };
  check_many();
  f.Write(
      [](Transaction& tx) { EventStore(tx).Purge(kStart + 11 * kDayMillis + 5, kMuchLater, 60); });
  check_many();
}

TEST_CASE("a domain without events has no statistics") {
  Fixture f;
  f.Read([&](Connection& c) {
    CHECK(FromRollups(c, f.domain.id, {0, 2'932'896}) == Statistics());
    CHECK(RollupStore(c).Times(f.domain.id, EventType::kDelivery, "x", {0, 100}) ==
          DeliveryTimes());
  });
}

TEST_CASE("messages are ranked by events, of equals the newest first") {
  Fixture f;
  std::vector<Uuid> ids;
  f.Write([&](Transaction& tx) {
    for (const int events : {2, 5, 2, 3}) {
      const core::Message message = MakeMessage(f.domain, int(ids.size()) + 1);
      ids.push_back(message.id);
      MessageStore(tx).Insert(message, "x", {});
      for (int i = 0; i < events; ++i) {
        Event event;
        event.message_id = message.id;
        event.at = i * kDayMillis / 2;
        events::Record(tx, event);
      }
    }
  });
  f.Read([&](Connection& c) {
    using Ranks = std::vector<std::pair<int64_t, Uuid>>;
    CHECK(Top(c, f.domain.id, 3) == Ranks{{4, ids[1]}, {3, ids[3]}, {2, ids[2]}});
    CHECK(Top(c, f.domain.id, 100).size() == 4);
  });
}

TEST_CASE("counts by message go with their events, the others stay") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    const core::Message message = MakeMessage(f.domain);
    MessageStore(tx).Insert(message, "x", {});
    for (int day = 0; day < 3; ++day) {
      Event event;
      event.message_id = message.id;
      event.recipient = "bob@example.net";
      event.at = day * kDayMillis + 5;
      events::Record(tx, event);
    }
  });
  f.Write([](Transaction& tx) {
    CHECK(EventStore(tx).Purge(2 * kDayMillis + 1, kMuchLater, 100) == 2);
  });
  f.Read([&](Connection& c) {
    RollupStore rollups(c);
    REQUIRE(rollups.CountByMessage(f.domain.id, {0, 2}, 10).size() == 1);
    CHECK(rollups.CountByMessage(f.domain.id, {0, 2}, 10)[0].events == 1);
    CHECK(rollups.CountByDay(f.domain.id, {0, 2}).size() == 3);
  });
}

TEST_CASE("a deleted domain goes on counting for its user") {
  Fixture f;
  f.Write([&](Transaction& tx) { REQUIRE(DomainStore(tx).Delete(f.domain.id)); });
  f.Read([&](Connection& c) {
    const std::vector<OwnedDomain> domains = RollupStore(c).ListDomains(f.user.id);
    REQUIRE(domains.size() == 1);
    CHECK(domains[0].id == f.domain.id);
    CHECK(domains[0].name == f.domain.name);
    CHECK(domains[0].deleted);
    CHECK(RollupStore(c).ListDomains(f.user.id + 1).empty());
  });
}

TEST_CASE("recipients that wait are counted by their destination") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    MessageStore(tx).Insert(MakeMessage(f.domain), "x",
                            {{"a@one.example", "one.example"},
                             {"b@one.example", "one.example"},
                             {"c@two.example", "two.example"}});
  });
  f.Read([&](Connection& c) {
    CHECK(RollupStore(c).CountQueued(f.domain.id, "one.example") == 2);
    CHECK(RollupStore(c).CountQueued(f.domain.id, "two.example") == 1);
    CHECK(RollupStore(c).CountQueued(f.domain.id + 1, "one.example") == 0);
  });
}

}  // namespace egd::store
