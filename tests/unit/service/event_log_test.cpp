#include "daemon/service/events/event_log.h"

#include <catch2/catch.hpp>

#include "daemon/store/domain_store.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

// A user with a domain, and a message of it.
struct Archive {
  Archive() {
    REQUIRE(store->Write([&](store::Transaction& tx) {
      core::User user;
      user.username = "jane";
      store::UserStore(tx).Insert(user);
      user_id = user.id;
      core::SenderDomain domain;
      domain.user_id = user.id;
      domain.name = "jane.example";
      store::DomainStore(tx).Insert(domain);
      filter.domain_id = domain.id;
      core::Message message;
      message.id = message_id = NewUuidV7(clock);
      message.user_id = user.id;
      message.domain_id = domain.id;
      message.subject = "Your order";
      store::MessageStore(tx).Insert(message, "", {});
    }));
  }
  void Add(core::EventType type, int count) {
    REQUIRE(store->Write([&](store::Transaction& tx) {
      for (int i = 0; i < count; ++i) {
        core::Event event;
        event.type = type;
        event.at = clock.Now();
        event.message_id = message_id;
        event.recipient = "to@example.net";
        store::events::Record(tx, event);
      }
    }));
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  EventLog log{*store};
  int64_t user_id = 0;
  Uuid message_id;
  store::EventFilter filter;
};

}  // namespace

TEST_CASE("events come newest first, a bounded page at a time, with the number of all") {
  Archive archive;
  archive.Add(core::EventType::kAccepted, 120);
  archive.Add(core::EventType::kDelivery, 1);
  const Result<store::EventPage> page = archive.log.List(archive.user_id, archive.filter, 0, 1000);
  REQUIRE(page);
  CHECK(page->total == 121);
  CHECK(page->last_sequence == page->events[0].sequence);
  CHECK(page->events.size() == size_t(EventLog::kMaxPage));
  CHECK(page->events[0].type == core::EventType::kDelivery);
  CHECK(page->events[0].sequence > page->events[1].sequence);
  const Result<store::EventPage> last = archive.log.List(archive.user_id, archive.filter, 120, 10);
  CHECK(last->events.size() == 1);
  CHECK(archive.log.List(archive.user_id, archive.filter, 121, 10)->events.empty());
}

TEST_CASE("a filter narrows the page and the number alike") {
  Archive archive;
  archive.Add(core::EventType::kAccepted, 2);
  archive.Add(core::EventType::kDelivery, 1);
  archive.filter.type = core::EventType::kDelivery;
  CHECK(archive.log.List(archive.user_id, archive.filter, 0, 10)->total == 1);
  archive.filter.query = "YOUR ORD";
  CHECK(archive.log.List(archive.user_id, archive.filter, 0, 10)->events.size() == 1);
  archive.filter.query = "nothing of the kind";
  CHECK(archive.log.List(archive.user_id, archive.filter, 0, 10)->total == 0);
}

TEST_CASE("the log is followed by sequence, oldest first, from where the last answer stopped") {
  Archive archive;
  archive.Add(core::EventType::kAccepted, 3);
  const auto first = archive.log.ListAfter(archive.user_id, archive.filter, 0, 2);
  REQUIRE(first);
  REQUIRE(first->events.size() == 2);
  CHECK(first->events[0].sequence < first->events[1].sequence);
  CHECK(first->last_sequence == first->events[1].sequence);
  const auto rest =
      archive.log.ListAfter(archive.user_id, archive.filter, first->last_sequence, 100);
  REQUIRE(rest->events.size() == 1);
  CHECK(rest->last_sequence == rest->events[0].sequence);

  archive.filter.type = core::EventType::kDelivery;
  const auto none = archive.log.ListAfter(archive.user_id, archive.filter, 0, 100);
  CHECK(none->events.empty());
  CHECK(none->last_sequence == rest->last_sequence);  // what does not match is behind us as well
  archive.clock.Advance(std::chrono::hours(-24));     // a wall clock set back hides nothing
  archive.Add(core::EventType::kDelivery, 1);
  CHECK(archive.log.ListAfter(archive.user_id, archive.filter, none->last_sequence, 100)
            ->events.size() == 1);
  CHECK(archive.log.ListAfter(archive.user_id, archive.filter, 1'000'000, 100)->last_sequence ==
        1'000'000);
  CHECK_FALSE(archive.log.ListAfter(archive.user_id + 1, archive.filter, 0, 100));
}

TEST_CASE("another user's events are answered as those of a missing domain") {
  Archive archive;
  archive.Add(core::EventType::kAccepted, 1);
  const Result<store::EventPage> foreign =
      archive.log.List(archive.user_id + 1, archive.filter, 0, 10);
  archive.filter.domain_id = 999'999;
  const Result<store::EventPage> missing = archive.log.List(archive.user_id, archive.filter, 0, 10);
  REQUIRE_FALSE(foreign);
  REQUIRE_FALSE(missing);
  CHECK(foreign.error().kind == ErrorKind::kNotFound);
  CHECK(missing.error().kind == ErrorKind::kNotFound);
  CHECK(foreign.error().public_text == missing.error().public_text);
}

}  // namespace egd::service
