// Templates, lists, subscribers and journeys on a real store.
#include <catch2/catch.hpp>

#include "daemon/service/audience/journeys.h"
#include "daemon/service/audience/lists.h"
#include "daemon/service/audience/subscribers.h"
#include "daemon/service/audience/templates.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

using core::SubscriptionStatus;

struct Audience {
  Audience() {
    jane = AddUser("jane");
    mallory = AddUser("mallory");
    list = *lists.Create(jane, "Customers");
  }

  int64_t AddUser(const std::string& name) {
    core::User user;
    user.username = name;
    user.email_address = name + "@example.com";
    REQUIRE(store->Write([&](store::Transaction& tx) { store::UserStore(tx).Insert(user); }));
    return user.id;
  }

  core::Subscriber Someone(const std::string& address) const {
    core::Subscriber subscriber;
    subscriber.list_id = list;
    subscriber.email_address = address;
    return subscriber;
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  Templates templates{*store, clock};
  Lists lists{*store, clock};
  Subscribers subscribers{*store, clock};
  Journeys journeys{*store, clock};
  int64_t jane = 0, mallory = 0, list = 0;
};

}  // namespace

TEST_CASE("a template keeps what an update does not name, and what it must have") {
  Audience a;
  core::EmailTemplate email;
  email.user_id = a.jane;
  email.name = "Welcome";
  email.content = core::TemplateContent::kBoth;
  email.html = "<p>Hi</p>";
  CHECK(Check(email) == TemplateProblem::kPlainMissing);
  email.plain = "Hi";
  const int64_t id = *a.templates.Create(email);

  TemplateProblem problem = TemplateProblem::kNone;
  TemplateChange change;
  change.subject = "Hello";
  const auto updated = a.templates.Update(a.jane, id, change, problem);
  REQUIRE(updated);
  CHECK(updated->subject == "Hello");
  CHECK(updated->html == "<p>Hi</p>");

  change.html = "";
  CHECK_FALSE(a.templates.Update(a.jane, id, change, problem));
  CHECK(problem == TemplateProblem::kHtmlMissing);
  CHECK(a.templates.Get(a.jane, id)->html == "<p>Hi</p>");
  CHECK(a.templates.List(a.jane)->size() == 1);
}

TEST_CASE("another user's template, list and journey are not found") {
  Audience a;
  core::EmailTemplate email;
  email.user_id = a.jane;
  const int64_t id = *a.templates.Create(email);
  TemplateProblem problem = TemplateProblem::kNone;
  CHECK(a.templates.Get(a.mallory, id).error().kind == ErrorKind::kNotFound);
  CHECK(a.templates.Update(a.mallory, id, {}, problem).error().kind == ErrorKind::kNotFound);
  CHECK(a.templates.Delete(a.mallory, id).error().kind == ErrorKind::kNotFound);
  CHECK(a.lists.Rename(a.mallory, a.list, "x").error().kind == ErrorKind::kNotFound);
  CHECK(a.lists.Delete(a.mallory, {a.list}).error().kind == ErrorKind::kNotFound);
  CHECK(a.subscribers.Create(a.mallory, a.Someone("x@example.net"), false).error().kind ==
        ErrorKind::kNotFound);
  core::Journey journey;
  journey.user_id = a.jane;
  const auto made = a.journeys.Create(journey);
  REQUIRE(made);
  CHECK(a.journeys.ReplaceActions(a.mallory, made->id, {}).error().kind == ErrorKind::kNotFound);
  CHECK(a.journeys.Delete(a.mallory, {made->id}).error().kind == ErrorKind::kNotFound);
  CHECK(a.journeys.Get(a.jane, made->id));
}

TEST_CASE("lists are deleted all or none, with their subscribers") {
  Audience a;
  const int64_t id = a.subscribers.Create(a.jane, a.Someone("x@example.net"), false)->id;
  CHECK_FALSE(a.lists.Delete(a.jane, {a.list, 999}));
  CHECK(a.lists.Get(a.jane, a.list)->subscriber_count == 1);
  CHECK(a.lists.Delete(a.jane, {a.list}));
  CHECK(a.subscribers.Get(a.jane, a.list, id).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("an address is in a list once, whatever its case") {
  Audience a;
  auto first = a.Someone("Jane@example.net");
  first.custom_fields = {{"FirstName", "Jane"}, {"City", "Ghent"}};
  const auto made = a.subscribers.Create(a.jane, first, false);
  REQUIRE(made);
  auto again = a.Someone("jane@EXAMPLE.net");
  again.custom_fields = {{"City", "Bruges"}};
  again.status = SubscriptionStatus::kUnsubscribed;
  CHECK(a.subscribers.Create(a.jane, again, false).error().kind == ErrorKind::kConflict);
  const auto merged = a.subscribers.Create(a.jane, again, true);
  REQUIRE(merged);
  CHECK(merged->id == made->id);
  CHECK(merged->status == SubscriptionStatus::kUnsubscribed);
  CHECK(merged->custom_fields ==
        std::map<std::string, std::string>{{"FirstName", "Jane"}, {"City", "Bruges"}});
}

TEST_CASE("a subscriber's change is checked before it is kept") {
  Audience a;
  REQUIRE(a.subscribers.Create(a.jane, a.Someone("taken@example.net"), false));
  const int64_t id = a.subscribers.Create(a.jane, a.Someone("x@example.net"), false)->id;
  SubscriberChange change;
  change.email_address = "not an address";
  CHECK(a.subscribers.Update(a.jane, a.list, id, change).error().kind ==
        ErrorKind::kInvalidArgument);
  change.email_address = "TAKEN@example.net";
  CHECK(a.subscribers.Update(a.jane, a.list, id, change).error().kind == ErrorKind::kConflict);
  change = {};
  change.custom_fields = {{"FirstName", "X"}};
  CHECK((*a.subscribers.Update(a.jane, a.list, id, change))->custom_fields.size() == 1);
  change.custom_fields = {{"FirstName", ""}};
  CHECK((*a.subscribers.Update(a.jane, a.list, id, change))->custom_fields.empty());
  change.custom_fields = {{"Lines", "a\r\nb"}};
  CHECK((*a.subscribers.Update(a.jane, a.list, id, change))->custom_fields.at("Lines") == "a\r\nb");
}

TEST_CASE("an import reports wrong lines by number and keeps the rest") {
  Audience a;
  const auto import = a.subscribers.Import(a.jane, a.list,
                                           "FirstName,EmailAddress\r\n"
                                           "Zoe,zoe@example.net\r\n"
                                           "Bad,nowhere\r\n"
                                           "Zoe again,ZOE@example.net\r\n"
                                           "\"Ann, B\",ann@example.net,extra\r\n"
                                           "\"Ann, B\",ann@example.net\r\n",
                                           SubscriptionStatus::kSubscribed, false);
  REQUIRE(import);
  CHECK(import->lines == 5);
  CHECK(import->imported == 2);
  CHECK(import->duplicates == 1);
  REQUIRE(import->failed == 2);
  CHECK(import->failed_lines[0].line == 3);
  CHECK(import->failed_lines[1].line == 5);
  const auto page = a.subscribers.List(a.jane, a.list, SubscriptionStatus::kSubscribed, 0, 10);
  REQUIRE(page);
  REQUIRE(page->total == 2);
  CHECK(page->subscribers[1].custom_fields.at("FirstName") == "Ann, B");
}

TEST_CASE("an import of addresses alone needs no header and spans commits") {
  Audience a;
  std::string csv;
  for (int i = 0; i < 2500; ++i) csv += "user" + std::to_string(i) + "@example.net\n";
  const auto import =
      a.subscribers.Import(a.jane, a.list, csv, SubscriptionStatus::kSubscribed, false);
  REQUIRE(import);
  CHECK(import->imported == 2500);
  CHECK(a.lists.Get(a.jane, a.list)->subscriber_count == 2500);
}

TEST_CASE("of an address that a large import has twice, the later line counts") {
  Audience a;
  std::string csv = "EmailAddress,Line\n";
  for (int i = 0; i < 2500; ++i) csv += "user" + std::to_string(9999 - i) + "@example.net,first\n";
  csv += "USER8888@example.net,later\n";
  const auto import =
      a.subscribers.Import(a.jane, a.list, csv, SubscriptionStatus::kSubscribed, true);
  REQUIRE(import);
  CHECK(import->imported == 2500);
  CHECK(import->updated == 1);
  const auto twice = a.store->Read([&](store::Connection& connection) {
    return store::SubscriberStore(connection).FindByAddress(a.list, "user8888@example.net");
  });
  REQUIRE(twice);
  CHECK((*twice)->custom_fields.at("Line") == "later");
}

TEST_CASE("a small import keeps the order of its lines") {
  Audience a;
  REQUIRE(a.subscribers.Import(a.jane, a.list, "z@example.net\na@example.net\n",
                               SubscriptionStatus::kSubscribed, false));
  const auto page = a.subscribers.List(a.jane, a.list, {}, 0, 10);
  REQUIRE(page);
  CHECK(page->subscribers.at(0).email_address == "z@example.net");
}

TEST_CASE("a journey's actions keep their ids through an update") {
  Audience a;
  core::Journey journey;
  journey.user_id = a.jane;
  journey.name = "Onboarding";
  journey.actions = {{0, "first"}, {0, "second"}};
  const auto made = a.journeys.Create(journey);
  REQUIRE(made);
  const int64_t second = made->actions[1].id;
  const auto updated = a.journeys.ReplaceActions(a.jane, made->id, {{second, "2nd"}, {0, "third"}});
  REQUIRE(updated);
  CHECK(updated->actions[0].id == second);
  CHECK(updated->actions[1].id > second);
  CHECK(a.journeys.ReplaceActions(a.jane, made->id, {{made->actions[0].id, "gone"}}).error().kind ==
        ErrorKind::kConflict);
  const auto now = a.journeys.Get(a.jane, made->id);
  REQUIRE(now);
  REQUIRE(now->actions.size() == 2);
  CHECK(now->actions[0].name == "2nd");
}

TEST_CASE("another user's subscriber is not found, though list and subscriber are both given") {
  Audience a;
  const int64_t id = a.subscribers.Create(a.jane, a.Someone("x@example.net"), false)->id;
  const auto is_missing = [](const auto& outcome) {
    return !outcome && outcome.error().kind == ErrorKind::kNotFound;
  };
  SubscriberChange change;
  change.email_address = "y@example.net";
  CHECK(is_missing(a.subscribers.Get(a.mallory, a.list, id)));
  CHECK(is_missing(a.subscribers.Update(a.mallory, a.list, id, change)));
  CHECK(is_missing(a.subscribers.Unsubscribe(a.mallory, a.list, id, "")));
  CHECK(is_missing(a.subscribers.Unsubscribe(a.mallory, a.list, 0, "x@example.net")));
  CHECK(is_missing(a.subscribers.List(a.mallory, a.list, {}, 0, 10)));
  CHECK(is_missing(a.subscribers.Import(a.mallory, a.list, "z@example.net\n",
                                        SubscriptionStatus::kSubscribed, false)));
  CHECK(is_missing(a.subscribers.Delete(a.mallory, a.list, {id})));
  const auto page = a.subscribers.List(a.jane, a.list, {}, 0, 10);
  REQUIRE(page);
  REQUIRE(page->total == 1);
  CHECK(page->subscribers[0].email_address == "x@example.net");
  CHECK(page->subscribers[0].status == SubscriptionStatus::kSubscribed);
}

TEST_CASE("a subscriber has at most 100 custom fields") {
  Audience a;
  auto many = a.Someone("x@example.net");
  for (int i = 1; i <= 100; ++i) many.custom_fields["Field" + std::to_string(i)] = "x";
  const auto made = a.subscribers.Create(a.jane, many, false);
  REQUIRE(made);
  SubscriberChange one_more;
  one_more.custom_fields = {{"Field101", "x"}};
  CHECK(a.subscribers.Update(a.jane, a.list, made->id, one_more).error().kind ==
        ErrorKind::kInvalidArgument);
  many.email_address = "y@example.net";
  many.custom_fields["Field101"] = "x";
  CHECK(a.subscribers.Create(a.jane, many, false).error().kind == ErrorKind::kInvalidArgument);
}

}  // namespace egd::service
