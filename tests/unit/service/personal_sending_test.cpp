// Templates, subscribers, lists and journeys in what is sent.
#include <future>
#include <map>

#include "daemon/service/sending/draft_codec.h"
#include "daemon/service/sending/list_expansion.h"
#include "daemon/store/journey_store.h"
#include "daemon/store/list_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/template_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::TemplateContent;
using enum SendProblem;

struct Studio : Gateway {
  Studio() {
    list.user_id = email.user_id = journey.user_id = user.id;
    list.name = "Customers";
    email.name = "Welcome";
    email.subject = "Hello {{ Subscriber:FirstName | \"friend\" }}";
    email.content = TemplateContent::kBoth;
    email.html = "<p>{{ Subscriber:FirstName }} <a href=\"{{ Link:Unsubscribe }}\">stop</a></p>";
    email.plain = "To %Subscriber:EmailAddress%\n";
    journey.name = "Onboarding";
    journey.actions = {{0, "first"}, {0, "second"}};
    REQUIRE(store->Write([&](store::Transaction& tx) {
      store::ListStore(tx).Insert(list);
      store::TemplateStore(tx).Insert(email);
      store::JourneyStore(tx).Insert(journey);
    }));
    jane = Subscribe("jane@example.net", {{"FirstName", "Jane <3"}});
  }
  int64_t Subscribe(const std::string& address, std::map<std::string, std::string> fields) {
    core::Subscriber one;
    one.list_id = list.id;
    one.email_address = address;
    one.custom_fields = std::move(fields);
    REQUIRE(store->Write([&](store::Transaction& tx) { store::SubscriberStore(tx).Insert(one); }));
    return one.id;
  }
  NewMessage FromTemplate() {
    NewMessage message = Message();
    message.draft.subject = message.draft.plain = "";
    message.ids.template_id = email.id;
    return message;
  }
  // What each queued recipient gets, by address.
  std::map<std::string, core::OutgoingMessage> Copies() {
    std::promise<std::vector<core::DueRecipient>> claimed;
    ledger.Claim(100, clock.Now() + 60'000, {},
                 [&](std::vector<core::DueRecipient> due) { claimed.set_value(std::move(due)); });
    std::map<std::string, core::OutgoingMessage> copies;
    for (const auto& recipient : claimed.get_future().get()) {
      auto copy = ledger.Prepare(recipient.message_id, recipient);
      REQUIRE(copy);
      copies[recipient.address] = *std::move(copy);
    }
    return copies;
  }

  core::SubscriberList list;
  core::EmailTemplate email;
  core::Journey journey;
  int64_t jane = 0;
};

bool Has(const core::OutgoingMessage& copy, std::string_view text) {
  return copy.data.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a template gives what the message does not say itself") {
  Studio studio;
  NewMessage message = studio.FromTemplate();
  message.draft.plain = "My own";
  const Uuid id = studio.Accept(message).id;
  const auto content =
      studio.Read([&](store::Connection& c) { return store::MessageStore(c).FindContent(id); });
  const auto draft = DecodeDraft(*content);
  REQUIRE(draft);
  CHECK(draft->subject == studio.email.subject);
  CHECK(draft->html == studio.email.html);
  CHECK(draft->plain == "My own");
}

TEST_CASE("only the bodies of ContentType are sent, and they must be there") {
  Studio studio;
  NewMessage message = studio.FromTemplate();
  message.content = TemplateContent::kPlain;
  studio.Accept(message);
  CHECK_FALSE(Has(studio.Copies().at("jane@example.net"), "text/html"));

  message.ids.template_id.reset();
  message.draft.subject = "Hi";
  CHECK(studio.Refusal(message) == kPlainMissing);
  message.content = TemplateContent::kHtml;
  CHECK(studio.Refusal(message) == kHtmlMissing);
  message.draft.html = "<p>";
  message.draft.subject = " ";
  CHECK(studio.Refusal(message) == kSubjectMissing);
}

TEST_CASE("SubscriberID fills the copy, escaped in HTML alone") {
  Studio studio;
  NewMessage message = studio.FromTemplate();
  message.ids.subscriber_id = studio.jane;
  studio.Accept(message);
  const auto copy = studio.Copies().at("jane@example.net");
  CHECK(copy.personal);
  CHECK(Has(copy, "Subject: Hello Jane <3\r\n"));
  CHECK(Has(copy, "<p>Jane &lt;3 <a href="));
  CHECK(Has(copy, "To jane@example.net\r\n"));
  CHECK_FALSE(Has(copy, "{{"));
}

TEST_CASE("ListID fills each recipient's copy with its own fields") {
  Studio studio;
  studio.Subscribe("JOE@example.net", {{"firstname", "Joe"}});
  NewMessage message = studio.FromTemplate();
  message.ids.list_id = studio.list.id;
  message.draft.to = {{"", "jane@example.net"}, {"", "joe@example.net"}, {"", "jim@example.net"}};
  studio.Accept(message);
  const auto copies = studio.Copies();
  CHECK(Has(copies.at("jane@example.net"), "Subject: Hello Jane <3\r\n"));
  CHECK(Has(copies.at("joe@example.net"), "Subject: Hello Joe\r\n"));
  CHECK(Has(copies.at("jim@example.net"), "Subject: Hello friend\r\n"));
}

TEST_CASE("without fields the copies are one") {
  Studio studio;
  NewMessage message = studio.Message();
  message.ids.subscriber_id = studio.jane;
  studio.Accept(message);
  CHECK_FALSE(studio.Copies().at("jane@example.net").personal);
}

TEST_CASE("a copy of a send to a list names its recipient alone") {
  Studio studio;
  studio.Subscribe("joe@example.net", {});
  NewMessage message = studio.FromTemplate();
  message.ids.target_list_id = studio.list.id;
  studio.Accept(message);
  ListExpansion expansion(*studio.store, studio.clock, [] {});
  REQUIRE(*expansion.ExpandBatch());
  const auto copies = studio.Copies();
  REQUIRE(copies.size() == 2);
  CHECK(copies.at("joe@example.net").personal);
  CHECK(Has(copies.at("joe@example.net"), "To: joe@example.net\r\n"));
  CHECK_FALSE(Has(copies.at("joe@example.net"), "jane"));
  CHECK(Has(copies.at("jane@example.net"), "Subject: Hello Jane <3\r\n"));
  for (const auto& event : studio.Events()) CHECK(event.to.empty());
}

TEST_CASE("events show a subject that was filled in, never its fields") {
  Studio studio;
  studio.Subscribe("joe@example.net", {{"FirstName", "Joe"}});
  const auto shown = [&](const NewMessage& message) {
    const Uuid id = studio.Accept(message).id;
    return studio.Read(
        [&](store::Connection& c) { return store::MessageStore(c).Find(id)->subject; });
  };
  NewMessage message = studio.FromTemplate();
  CHECK(shown(message) == "Hello friend");
  message.ids.list_id = studio.list.id;
  CHECK(shown(message) == "Hello Jane <3");
  message.draft.to.push_back({"", "joe@example.net"});
  CHECK(shown(message) == "Hello friend");
  message = studio.FromTemplate();
  message.draft.to = {{"", "jim@example.net"}};
  message.ids.subscriber_id = studio.jane;
  message.draft.subject = "%Subscriber:FirstName% at {{ Subscriber:EmailAddress }}";
  CHECK(shown(message) == "Jane <3 at jim@example.net");
  message.ids.subscriber_id.reset();
  message.ids.target_list_id = studio.list.id;
  CHECK(shown(message) == "[FirstName] at [EmailAddress]");
}

TEST_CASE("what is not there, or somebody else's, is refused by name") {
  Studio studio;
  core::User mallory;
  mallory.username = mallory.email_address = "mallory@example.com";
  core::SubscriberList foreign;
  foreign.name = "Hers";
  core::Subscriber hers;
  hers.email_address = "x@example.org";
  REQUIRE(studio.store->Write([&](store::Transaction& tx) {
    store::UserStore(tx).Insert(mallory);
    foreign.user_id = mallory.id;
    store::ListStore(tx).Insert(foreign);
    hers.list_id = foreign.id;
    store::SubscriberStore(tx).Insert(hers);
  }));
  const auto refusal = [&](auto set) {
    NewMessage message = studio.Message();
    set(message.ids);
    return studio.Refusal(message);
  };
  CHECK(refusal([](SendIds& ids) { ids.template_id = 99; }) == kTemplateInvalid);
  CHECK(refusal([&](SendIds& ids) { ids.target_list_id = foreign.id; }) == kTargetListInvalid);
  CHECK(refusal([&](SendIds& ids) { ids.list_id = foreign.id; }) == kListInvalid);
  CHECK(refusal([&](SendIds& ids) { ids.subscriber_id = hers.id; }) == kSubscriberInvalid);
  CHECK(refusal([](SendIds& ids) { ids.subscriber_id = 99; }) == kSubscriberInvalid);
  CHECK(refusal([](SendIds& ids) { ids.journey_id = 99; }) == kJourneyInvalid);
  CHECK(refusal([](SendIds& ids) { ids.action_id = 99; }) == kActionInvalid);
  CHECK(refusal([&](SendIds& ids) {
          ids.journey_id = studio.journey.id;
          ids.action_id = 99;
        }) == kActionInvalid);
  CHECK(studio.Events().empty());
}

TEST_CASE("journey and action are in every event, and events are found by them") {
  Studio studio;
  NewMessage message = studio.Message();
  message.ids.action_id = studio.journey.actions[1].id;
  const Uuid id = studio.Accept(message).id;
  studio.Accept(studio.Message());
  const auto found = [&](std::optional<int64_t> journey, std::optional<int64_t> action) {
    store::EventFilter filter;
    filter.domain_id = studio.domain.id;
    filter.journey_id = journey;
    filter.action_id = action;
    return studio.Read(
        [&](store::Connection& c) { return store::EventStore(c).List(filter, 0, 10).events; });
  };
  for (const auto& events : {found(studio.journey.id, {}), found({}, message.ids.action_id),
                             found(studio.journey.id, message.ids.action_id)}) {
    REQUIRE(events.size() == 1);
    CHECK(events[0].message_id == id);
    CHECK(events[0].journey_id == studio.journey.id);
    CHECK(events[0].action_id == *message.ids.action_id);
  }
  CHECK(found(studio.journey.id, studio.journey.actions[0].id).empty());
  CHECK(found(99, {}).empty());
}

}  // namespace egd::service
