#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/query.h"
#include "daemon/store/text_search.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using core::EventType;

core::Event MakeEvent(const core::Message& message, EventType type, UnixMillis at) {
  core::Event event;
  event.type = type;
  event.at = at;
  event.message_id = message.id;
  event.recipient = "bob@example.net";
  return event;
}

core::Message AddMessage(Transaction& tx, const core::SenderDomain& domain, int n) {
  core::Message message = MakeMessage(domain, n);
  message.subject = "Grüße " + std::to_string(n);
  message.tags = {"news", "weekly"};
  message.journey_id = 11;
  message.action_id = 12;
  MessageStore(tx).Insert(message, "x", {{"bob@example.net", "example.net"}});
  return message;
}

int64_t Append(Transaction& tx, core::Event event) {
  events::Record(tx, event);
  return event.sequence;
}

TEST_CASE("events: every field comes back, what the message says from the message") {
  Fixture f;
  core::Event event;
  f.Write([&](Transaction& tx) {
    event = MakeEvent(AddMessage(tx, f.domain, 1), EventType::kClick, 500);
    event.user_id = 99;  // not the message's
    event.domain_id = 99;
    event.subject = "other";
    event.smtp_code = 250;
    event.enhanced_code = "2.0.0";
    event.smtp_response = "250 2.0.0 Ok";
    event.mx_host = "mx.example.net";
    event.mx_address = "192.0.2.7";
    event.tls = "TLSv1.3";
    event.bounce_class = "hard";
    event.reason = "why";
    event.url = "https://example.com/?a=1";
    event.client_address = "192.0.2.8";
    event.user_agent = "UA";
    event.attempt = 2;
    event.delivery_ms = 1234;
    events::Record(tx, event);
  });
  CHECK(event.sequence > 0);
  const EventPage page =
      f.Read([&](Connection& c) { return EventStore(c).List({.domain_id = f.domain.id}, 0, 10); });
  CHECK(page.total == 1);
  REQUIRE(page.events.size() == 1);
  const core::Event& found = page.events[0];
  CHECK(found.sequence == event.sequence);
  CHECK(found.type == EventType::kClick);
  CHECK(found.at == 500);
  CHECK(found.user_id == f.user.id);
  CHECK(found.domain_id == f.domain.id);
  CHECK(found.message_id == event.message_id);
  CHECK(found.recipient == "bob@example.net");
  CHECK(found.from == "Jane <jane@example.com>");
  CHECK(found.to == "bob@example.net");
  CHECK(found.subject == "Grüße 1");
  CHECK(found.tags == std::vector<std::string>{"news", "weekly"});
  CHECK(found.journey_id == 11);
  CHECK(found.action_id == 12);
  CHECK(found.smtp_code == 250);
  CHECK(found.enhanced_code == "2.0.0");
  CHECK(found.smtp_response == "250 2.0.0 Ok");
  CHECK(found.mx_host == "mx.example.net");
  CHECK(found.mx_address == "192.0.2.7");
  CHECK(found.tls == "TLSv1.3");
  CHECK(found.bounce_class == "hard");
  CHECK(found.reason == "why");
  CHECK(found.url == "https://example.com/?a=1");
  CHECK(found.client_address == "192.0.2.8");
  CHECK(found.user_agent == "UA");
  CHECK(found.attempt == 2);
  CHECK(found.delivery_ms == 1234);
}

TEST_CASE("events: one of an unknown message fails its job") {
  Fixture f;
  const Result<void> failed = f.store->Write([&](Transaction& tx) {
    Append(tx, MakeEvent(MakeMessage(f.domain, 1), EventType::kAccepted, 1));
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::kInternal);
}

TEST_CASE("events: newest first, in pages, with the total") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    const core::Message message = AddMessage(tx, f.domain, 1);
    for (const UnixMillis at : {300, 100, 200, 200}) {
      Append(tx, MakeEvent(message, EventType::kAccepted, at));
    }
  });
  f.Read([&](Connection& c) {
    const EventPage first = EventStore(c).List({.domain_id = f.domain.id}, 0, 3);
    CHECK(first.total == 4);
    REQUIRE(first.events.size() == 3);
    CHECK(first.events[0].at == 300);
    CHECK(first.events[1].sequence > first.events[2].sequence);
    const EventPage second = EventStore(c).List({.domain_id = f.domain.id}, 3, 3);
    CHECK(second.total == 4);
    REQUIRE(second.events.size() == 1);
    CHECK(second.events[0].at == 100);
    CHECK(EventStore(c).List({.domain_id = f.domain.id}, 4, 3).events.empty());
  });
}

TEST_CASE("events: filters narrow, alone and together") {
  Fixture f;
  core::SenderDomain other = MakeDomain(f.user.id, "other.example");
  core::Message first, second;
  f.Write([&](Transaction& tx) {
    REQUIRE(DomainStore(tx).Insert(other) == DomainSaved::kSaved);
    first = AddMessage(tx, f.domain, 1);
    second = AddMessage(tx, f.domain, 2);
    Append(tx, MakeEvent(first, EventType::kAccepted, 100));
    Append(tx, MakeEvent(first, EventType::kDelivery, 200));
    Append(tx, MakeEvent(second, EventType::kAccepted, 300));
    Append(tx, MakeEvent(AddMessage(tx, other, 3), EventType::kAccepted, 400));
  });
  const auto count = [&](const EventFilter& filter) {
    return f.Read([&](Connection& c) {
      const EventPage page = EventStore(c).List(filter, 0, 100);
      CHECK(page.total == int64_t(page.events.size()));
      return page.total;
    });
  };
  const int64_t id = f.domain.id;
  CHECK(count({.domain_id = id}) == 3);
  CHECK(count({.domain_id = other.id}) == 1);
  CHECK(count({.domain_id = 999}) == 0);
  CHECK(count({.domain_id = id, .type = EventType::kAccepted}) == 2);
  CHECK(count({.domain_id = id, .type = EventType::kOpen}) == 0);
  CHECK(count({.domain_id = id, .message_id = first.id}) == 2);
  CHECK(count({.domain_id = other.id, .message_id = first.id}) == 0);
  CHECK(count({.domain_id = id, .message_id = Uuid{}}) == 0);
  CHECK(count({.domain_id = id, .from = 200}) == 2);
  CHECK(count({.domain_id = id, .to = 200}) == 2);
  CHECK(count({.domain_id = id, .from = 200, .to = 200}) == 1);
  CHECK(count({.domain_id = id, .query = "grÜSSE"}) == 0);  // simple folding keeps ß apart from ss
  CHECK(count({.domain_id = id, .query = "GRÜßE 2"}) == 1);
  CHECK(count({.domain_id = id,
               .type = EventType::kDelivery,
               .message_id = first.id,
               .from = 1,
               .to = 1000,
               .query = "Grüße"}) == 1);
}

TEST_CASE("events: a query looks where the contract says") {
  Fixture f;
  core::Message message;
  f.Write([&](Transaction& tx) {
    message = AddMessage(tx, f.domain, 1);
    core::Event event = MakeEvent(message, EventType::kBounce, 100);
    event.recipient = "hidden@bcc.example";
    event.smtp_response = "550 No such user";
    event.mx_host = "mx7.example.net";
    event.url = "https://shop.example/100%_off";
    event.reason = "unsearched";
    Append(tx, event);
  });
  const auto finds = [&](const std::string& query) {
    return f.Read([&](Connection& c) {
      return EventStore(c).List({.domain_id = f.domain.id, .query = query}, 0, 10).total == 1;
    });
  };
  CHECK(finds("JANE <jane"));
  CHECK(finds("bob@example.NET"));
  CHECK(finds("hidden@bcc"));
  CHECK(finds("üß"));
  CHECK(finds(message.id.ToString()));
  CHECK(finds(message.id.ToString().substr(9, 6)));
  CHECK(finds("WEEKLY"));
  CHECK(finds("no such"));
  CHECK(finds("mx7"));
  CHECK(finds("100%_OFF"));
  CHECK_FALSE(finds("100%off"));  // no wildcards
  CHECK_FALSE(finds("unsearched"));
  CHECK_FALSE(finds("absent"));
  CHECK_FALSE(finds("\xff"));  // not UTF-8
}

TEST_CASE("events: a sequence is never used again, even after deletes and a restart") {
  Fixture f;
  core::Message message;
  const int64_t last = f.Write([&](Transaction& tx) {
    message = AddMessage(tx, f.domain, 1);
    Append(tx, MakeEvent(message, EventType::kAccepted, 1));
    return Append(tx, MakeEvent(message, EventType::kDelivery, 2));
  });
  f.Write([](Transaction& tx) { CHECK(EventStore(tx).Purge(1000, kMuchLater, 10) == 2); });
  CHECK(f.Write([&](Transaction& tx) {
    return Append(tx, MakeEvent(message, EventType::kAccepted, 3));
  }) == last + 1);
  f.Write([](Transaction& tx) { CHECK(EventStore(tx).Purge(1000, kMuchLater, 10) == 1); });
  f.store.reset();
  f.store = OpenStore(f.dir.path());
  CHECK(f.Write([&](Transaction& tx) {
    return Append(tx, MakeEvent(message, EventType::kAccepted, 4));
  }) == last + 2);
}

TEST_CASE("events: those that a wrong clock dated ahead do not stop the purge, and go with it") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    const core::Message message = AddMessage(tx, f.domain, 1);
    constexpr UnixMillis kNow = 100, kAhead = 5'000;
    for (int n = 0; n < 5; ++n) Append(tx, MakeEvent(message, EventType::kOpen, kAhead));
    for (int at = 1; at <= 3; ++at) Append(tx, MakeEvent(message, EventType::kOpen, at));
    Append(tx, MakeEvent(message, EventType::kOpen, 50));
    Append(tx, MakeEvent(message, EventType::kOpen, kAhead));  // younger than anything to purge
    EventStore events(tx);
    int64_t purged = 0;
    for (int64_t some = -1; some != 0; purged += some) some = events.Purge(10, kNow, 2);
    CHECK(purged == 8);
    CHECK(OneInteger(tx, "SELECT count(*) FROM events") == 2);
    CHECK(OneInteger(tx, "SELECT min(at) FROM events") == 50);
  });
}

TEST_CASE("events: what a message says of itself is kept to about a thousand bytes") {
  Fixture f;
  core::Message message = MakeMessage(f.domain);
  message.subject = std::string(999, 'x') + "\xc3\xa4" + std::string(200'000, 'x');
  message.to_header = std::string(1000, 'y');
  f.Write([&](Transaction& tx) { MessageStore(tx).Insert(message, "x", {}); });
  const auto kept = f.Read([&](Connection& c) { return MessageStore(c).Find(message.id); });
  REQUIRE(kept);
  CHECK(kept->subject == std::string(999, 'x'));
  CHECK(kept->to_header == message.to_header);
}

TEST_CASE("events: old ones are purged oldest first, in bounded steps") {
  Fixture f;
  f.Write([&](Transaction& tx) {
    const core::Message message = AddMessage(tx, f.domain, 1);
    for (int at = 1; at <= 5; ++at) Append(tx, MakeEvent(message, EventType::kOpen, at));
    EventStore events(tx);
    CHECK(events.Purge(4, kMuchLater, 2) == 2);
    CHECK(events.Purge(4, kMuchLater, 2) == 1);
    CHECK(events.Purge(4, kMuchLater, 2) == 0);
    const EventPage left = events.List({.domain_id = f.domain.id}, 0, 10);
    REQUIRE(left.total == 2);
    CHECK(left.events[1].at == 4);
  });
}

TEST_CASE("folding ignores case in any script and survives broken UTF-8") {
  CHECK(Fold("ABC xyz") == "abc xyz");
  CHECK(Fold("ÄÖÜ ΑΒΓ ЖЩ") == "äöü αβγ жщ");
  CHECK(Fold("日本語😀") == "日本語😀");
  CHECK(Fold("A\xff"
             "B") ==
        "a\xff"
        "b");
  CHECK(Fold("") == "");
}

}  // namespace
}  // namespace egd::store
