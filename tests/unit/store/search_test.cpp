// Finding events by a text, indexed or not.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "daemon/store/event_search.h"
#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/query.h"
#include "daemon/store/search_index.h"
#include "daemon/store/text_search.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using core::EventType;

constexpr UnixMillis kStart = 1'706'659'200'000;  // 2024-01-31: events of three months

struct SearchFixture : Fixture {
  SearchFixture() {
    Fixture::Write([&](Transaction& tx) {
      other = MakeDomain(user.id, "other.example");
      REQUIRE(DomainStore(tx).Insert(other) == DomainSaved::kSaved);
    });
  }

  void Add(int messages) {
    static const char* const kSubjects[] = {"Grüße aus KÖLN", "Your order 4711", "50% \"off\" now",
                                            "order 4712"};
    Fixture::Write([&](Transaction& tx) {
      for (int i = 0; i < messages; ++i) {
        const UnixMillis at = kStart + Pick(40) * kDayMillis + Pick(1000);
        core::Message message = MakeMessage(Pick(3) == 0 ? other : domain, ++count, at);
        message.subject = kSubjects[Pick(4)];
        message.tags = {"spring", "tag" + std::to_string(Pick(5))};
        MessageStore(tx).Insert(message, "x", {});
        for (int n = Pick(3); n >= 0; --n) AddEvent(tx, message);
      }
    });
  }
  void AddEvent(Transaction& tx, const core::Message& message) {
    core::Event event;
    event.type = EventType(Pick(5));
    event.at = message.accepted_at + Pick(3);
    event.message_id = message.id;
    event.recipient = "Bob." + std::to_string(Pick(20)) + "@example.net";
    if (Pick(2) == 0) event.smtp_response = "250 2.0.0 OK";
    if (Pick(2) == 0) event.mx_host = "mx" + std::to_string(Pick(3)) + ".example.net";
    if (Pick(3) == 0) event.url = "https://x.example/?a=" + std::to_string(Pick(9));
    events::Record(tx, event);
  }
  int Pick(int n) { return std::uniform_int_distribution(0, n - 1)(random); }

  int64_t Unindexed() {
    return Read([&](Connection& c) {
      Query query(c,
                  "SELECT (SELECT count(*) FROM events WHERE sequence > ?) + "
                  "(SELECT count(*) FROM messages WHERE number > ?)");
      const SearchMark mark = ReadMark(c);
      query.Bind(mark.event, mark.message).Step();
      return query.Value<int64_t>();
    });
  }
  void AwaitIndex() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (Unindexed() != 0) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::yield();
    }
  }

  // Every way of asking, against reading all events.
  void Compare(EventFilter filter) {
    CAPTURE(filter.query, filter.type.has_value(), filter.from.value_or(-1),
            filter.to.value_or(-1));
    Read([&](Connection& c) {
      EventFilter any = filter;
      any.query.clear();
      std::vector<int64_t> expected;
      for (const core::Event& event : EventStore(c).ListBefore(any, {}, 1'000'000)) {
        std::string texts;
        for (const auto& text :
             {event.from, event.to, event.recipient, event.subject, event.message_id.ToString(),
              event.smtp_response, event.mx_host, event.url, event.tags[0], event.tags[1]}) {
          texts += Fold(text) + "\n";
        }
        if (texts.find(Fold(filter.query)) != texts.npos) expected.push_back(event.sequence);
      }
      const int64_t offset = int64_t(expected.size()) / 3;
      const EventPage page = EventStore(c).List(filter, offset, 10);
      CHECK(page.total == int64_t(expected.size()));
      REQUIRE(page.events.size() == std::min<size_t>(10, expected.size() - size_t(offset)));
      for (size_t i = 0; i < page.events.size(); ++i) {
        CHECK(page.events[i].sequence == expected[size_t(offset) + i]);
      }
      if (page.events.empty()) return;
      const EventPlace place{page.events[0].at, page.events[0].sequence};
      const auto before = EventStore(c).ListBefore(filter, place, 3);
      for (size_t i = 0; i < before.size(); ++i) {
        CHECK(before[i].sequence == expected[size_t(offset) + 1 + i]);
      }
      CHECK(before.size() == std::min<size_t>(3, expected.size() - size_t(offset) - 1));
    });
  }
  void CompareMany() {
    for (const char* query :
         {"ORDER 471", "köln", "\"OFF\"", "bob.1", "bob.1@example.net", "mx2", "?a=", "spring",
          "tag3", "250 2.0.0 ok", "-7000-", "nothing has this", "ob", "ü", "% \"o"}) {
      EventFilter filter;
      filter.domain_id = domain.id;
      filter.query = query;
      Compare(filter);
      filter.type = EventType::kDelivery;
      Compare(filter);
      filter.from = kStart + 3 * kDayMillis;
      filter.to = kStart + 30 * kDayMillis - 1;
      Compare(filter);
    }
  }

  core::SenderDomain other;
  std::mt19937 random{7};
  int count = 0;
};

}  // namespace

TEST_CASE("search: the same events are found whether they are indexed or not") {
  SearchFixture f;
  f.Add(100);
  f.CompareMany();
  f.AwaitIndex();
  f.CompareMany();
  f.Add(50);
  f.CompareMany();
}

TEST_CASE("search: purged events are not found") {
  SearchFixture f;
  f.Add(150);
  f.AwaitIndex();
  f.Write(
      [](Transaction& tx) { EventStore(tx).Purge(kStart + 20 * kDayMillis, kMuchLater, 10'000); });
  f.CompareMany();
}

TEST_CASE("search: numbers of messages that were all purged are given again") {
  SearchFixture f;
  f.Add(40);
  f.AwaitIndex();
  f.Write([](Transaction& tx) {
    EventStore(tx).Purge(kStart + 100 * kDayMillis, kMuchLater, 10'000);
    CHECK(MessageStore(tx).PurgeMessages(kStart + 100 * kDayMillis, 10'000) == 40);
  });
  f.Add(10);
  f.CompareMany();
  f.AwaitIndex();
  f.CompareMany();
}

TEST_CASE("search: a table goes when all its numbers have gone") {
  TempDir dir;
  const auto index = SearchIndex::Open(dir.path() + "/search.db");
  SearchBatch batch;
  for (const int64_t number : {int64_t{1}, int64_t{1} << 20, int64_t{3} << 20}) {
    batch.events.push_back({number, 1, "the same text"});
  }
  index->Add(batch);
  Connection reader(dir.path() + "/search.db", true);
  AttachIndex(reader, dir.path() + "/search.db");
  using Numbers = std::vector<int64_t>;
  const auto find = [&] { return FindNumbers(reader, SearchKind::kEvents, 1, "same"); };
  CHECK(find() == Numbers{1, 1 << 20, 3 << 20});
  index->DropBefore(SearchKind::kMessages, INT64_MAX);
  index->DropBefore(SearchKind::kEvents, (1 << 20) + 5);
  CHECK(find() == Numbers{1 << 20, 3 << 20});
}

TEST_CASE("search: an index that is missing, damaged or another database's is rebuilt") {
  SearchFixture f;
  f.Add(60);
  f.AwaitIndex();
  f.store.reset();
  const std::string path = f.dir.path() + "/search.db";
  SECTION("missing") {
    std::filesystem::remove(path);
  }
  SECTION("damaged") {
    std::ofstream(path) << "no database";
  }
  SECTION("of later events") {
    Connection connection(path, false);
    Execute(connection, "UPDATE mark SET event = 1000000");
  }
  SECTION("of other events") {
    Connection connection(path, false);
    Execute(connection, "UPDATE mark SET event = 5, event_at = 5");
  }
  SECTION("of another version") {
    Connection connection(path, false);
    Execute(connection, "PRAGMA user_version = 77");
  }
  f.store = OpenStore(f.dir.path());
  f.AwaitIndex();
  f.CompareMany();
}

TEST_CASE("search: domains are told apart by their tokens, however large their numbers") {
  TempDir dir;
  const auto index = SearchIndex::Open(dir.path() + "/search.db");
  SearchBatch batch;
  for (const int64_t id : {int64_t{1}, int64_t{2}, (int64_t{1} << 19) - 1, int64_t{1} << 19,
                           int64_t{1} << 38, int64_t{1} << 56}) {
    batch.messages.push_back({int64_t(batch.messages.size()) + 1, id, "the same text"});
  }
  index->Add(batch);
  Connection reader(dir.path() + "/search.db", true);
  AttachIndex(reader, dir.path() + "/search.db");
  for (const SearchRow& row : batch.messages) {
    CHECK(FindNumbers(reader, SearchKind::kMessages, row.domain_id, "same") ==
          std::vector{row.number});
  }
  CHECK(FindNumbers(reader, SearchKind::kEvents, 1, "same").empty());
}

}  // namespace egd::store
