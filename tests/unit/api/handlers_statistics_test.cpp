#include "daemon/api/handlers/statistics.h"
#include "daemon/service/events/statistics.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "tests/unit/api/handlers_desk.h"

namespace egd::api {
namespace {

using core::EventType;

constexpr UnixMillis kToday = 1'700'006'400'000;  // 2023-11-15, the desk's clock is a day earlier

struct StatisticsDesk : Desk {
  StatisticsDesk() {
    AddStatisticsHandlers(handlers, statistics);
    clock.Advance(std::chrono::milliseconds(kToday + kDayMillis / 2 - clock.Now()));
  }

  // A message of two recipients at example.net, one delivered after 1.5 s, opened and clicked, one
  // bounced after 700 s; with the tag.
  void AddLife(int64_t sender_domain, UnixMillis at, const std::string& tag) {
    core::Message message;
    message.id = NewUuidV7(clock);
    message.user_id = jane;
    message.domain_id = sender_domain;
    message.tags = {tag};
    REQUIRE(store->Write([&](store::Transaction& tx) {
      store::MessageStore(tx).Insert(message, "", {});
      const auto append = [&](EventType type, const char* recipient, int64_t after = 0) {
        core::Event event;
        event.type = type;
        event.at = at;
        event.message_id = message.id;
        event.recipient = recipient;
        event.delivery_ms = after;
        if (type == EventType::kDelivery) event.smtp_code = 250;
        if (type == EventType::kClick) event.url = "https://shop.example/";
        store::events::Record(tx, event);
      };
      append(EventType::kAccepted, "a@example.net");
      append(EventType::kAccepted, "b@example.net");
      append(EventType::kDelivery, "a@example.net", 1500);
      append(EventType::kBounce, "b@example.net", 700'000);
      append(EventType::kOpen, "a@example.net");
      append(EventType::kClick, "a@example.net");
    }));
  }

  Json Ask(const std::string& command, Json parameters = Json::object()) {
    parameters.emplace("DomainID", domain);
    return Reply("emailgateway." + command, parameters, As(jane));
  }

  service::Statistics statistics{*store, clock};
  int64_t jane = AddUser("jane"), mallory = AddUser("mallory");
  int64_t domain = AddDomain(jane, "jane.example");
};

Json Counts(int n) {
  return {{"Sent", 2 * n}, {"Delivered", n},       {"Bounced", n},         {"Opened", n},
          {"Clicked", n},  {"OpenedAutomated", 0}, {"ClickedAutomated", 0}};
}

Json DomainCounts(int n) {
  Json counts = Counts(n);
  counts["Complained"] = 0;
  counts["ComplaintRate"] = 0.0;
  counts["ComplaintLevel"] = "ok";
  return counts;
}

}  // namespace

TEST_CASE("domainstats counts a period, the one before and each tag") {
  StatisticsDesk desk;
  desk.AddLife(desk.domain, kToday, "a");
  desk.AddLife(desk.domain, kToday - 1, "b");
  desk.AddLife(desk.domain, kToday - 28 * kDayMillis, "b");
  desk.AddLife(desk.domain, kToday - 28 * kDayMillis - 1, "b");
  const Json reply = desk.Ask("domainstats");
  CHECK(reply["Stats"] == DomainCounts(3));
  CHECK(reply["ComparisonStats"]["PreviousPeriod"] == DomainCounts(1));
  CHECK(reply["TagStats"] == Json{{"b", DomainCounts(2)}, {"a", DomainCounts(1)}});
  const Json day =
      desk.Ask("domainstats", {{"StartDate", "2023-11-14"}, {"EndDate", "2023-11-14"}});
  CHECK(day["Stats"] == DomainCounts(1));
  CHECK(day["TagStats"] == Json{{"b", DomainCounts(1)}});
}

TEST_CASE("the period to compare with is as long, and ends the day before") {
  StatisticsDesk desk;
  const UnixMillis first = kToday - 7 * kDayMillis;  // the period: the week before today
  for (const UnixMillis outside : {first - 7 * kDayMillis - 1, kToday}) {
    desk.AddLife(desk.domain, outside, "a");
  }
  for (const UnixMillis before : {first - 7 * kDayMillis, first - 1}) {
    desk.AddLife(desk.domain, before, "b");
  }
  for (const UnixMillis inside : {first, first + kDayMillis, kToday - 1}) {
    desk.AddLife(desk.domain, inside, "c");
  }
  const Json week = {{"StartDate", "2023-11-08"}, {"EndDate", "2023-11-14"}};
  const Json of_domain = desk.Ask("domainstats", week);
  CHECK(of_domain["Stats"] == DomainCounts(3));
  CHECK(of_domain["ComparisonStats"]["PreviousPeriod"] == DomainCounts(2));
  const Json of_account = desk.Reply("emailgateway.accountstats", week, As(desk.jane));
  CHECK(of_account["Totals"]["Sent"] == 6);
  CHECK(of_account["ComparisonTotals"]["Sent"] == 4);
}

TEST_CASE("accountstats adds up domains, also deleted ones, and shows rates") {
  StatisticsDesk desk;
  const int64_t second = desk.AddDomain(desk.jane, "second.example");
  const int64_t gone = desk.AddDomain(desk.jane, "gone.example");
  desk.AddLife(desk.domain, kToday, "a");
  desk.AddLife(gone, kToday, "a");
  desk.AddLife(gone, kToday, "a");
  REQUIRE(desk.store->Write([&](store::Transaction& tx) { store::DomainStore(tx).Delete(gone); }));
  const Json reply = desk.Reply("emailgateway.accountstats", Json::object(), As(desk.jane));
  CHECK(reply["Totals"]["Sent"] == 6);
  CHECK(reply["Totals"]["DeliveredRate"] == 50.0);
  CHECK(reply["Totals"]["OpenedRate"] == 100.0);
  CHECK(reply["ComparisonTotals"]["Sent"] == 0);
  CHECK(reply["ComparisonTotals"]["BouncedRate"] == 0.0);
  REQUIRE(reply["PerDomain"].size() == 3);
  CHECK(reply["PerDomain"][0]["SenderDomain"] == "jane.example");
  CHECK(reply["PerDomain"][0]["Sent"] == 2);
  CHECK(reply["PerDomain"][1]["Sent"] == 0);
  CHECK(reply["PerDomain"][2]["SenderDomain"] == "gone.example");

  const Json chosen = desk.Reply(
      "emailgateway.accountstats",
      {{"DomainIDs", std::to_string(desk.domain) + ", " + std::to_string(second)}}, As(desk.jane));
  CHECK(chosen["Totals"]["Sent"] == 2);
  CHECK(chosen["PerDomain"].size() == 2);
  const auto refusal = [&](const std::string& ids) {
    return desk.Refusal("emailgateway.accountstats", {{"DomainIDs", ids}}, As(desk.jane));
  };
  CHECK(refusal(std::to_string(gone)) == Codes{2});
  CHECK(refusal("1,x") == Codes{catalogue::kCodeMalformed});
}

TEST_CASE("dailyseries has every day of the period") {
  StatisticsDesk desk;
  desk.AddLife(desk.domain, kToday, "a");
  const Json days = desk.Ask("dailyseries", {{"StartDate", "2023-11-13"}})["Series"];
  const Json none = {{"Sent", 0},    {"Bounced", 0},         {"Opened", 0},
                     {"Clicked", 0}, {"OpenedAutomated", 0}, {"ClickedAutomated", 0}};
  const Json one = {{"Sent", 2},    {"Bounced", 1},         {"Opened", 1},
                    {"Clicked", 1}, {"OpenedAutomated", 0}, {"ClickedAutomated", 0}};
  CHECK(days == Json{{"2023-11-13", none}, {"2023-11-14", none}, {"2023-11-15", one}});
  const Json all = desk.Reply("emailgateway.dailyseries", Json::object(), As(desk.jane));
  CHECK(all["Series"].size() == 29);
  CHECK(all["Series"]["2023-11-15"] == one);
  CHECK(desk.Refusal("emailgateway.dailyseries", {{"StartDate", "1970-01-01"}}, As(desk.jane)) ==
        Codes{catalogue::kCodeMalformed});
}

TEST_CASE("aggrevents counts by each of its fields, largest first") {
  StatisticsDesk desk;
  desk.AddLife(desk.domain, kToday + 13 * 3'600'000, "a");
  desk.AddLife(desk.domain, kToday - 1, "b");
  desk.AddLife(desk.domain, kToday - 100 * kDayMillis, "b");
  const auto buckets = [&](const char* field, Json parameters = Json::object()) {
    if (*field) parameters["AggregatedField"] = field;
    std::vector<std::pair<std::string, int>> found;
    const Json reply = desk.Ask("aggrevents", parameters);
    for (const Json& bucket : reply["AggBuckets"]) {
      found.emplace_back(bucket["key"], bucket["doc_count"]);
    }
    return found;
  };
  using Buckets = std::vector<std::pair<std::string, int>>;
  CHECK(buckets("") ==
        Buckets{{"accepted", 6}, {"bounce", 3}, {"click", 3}, {"delivery", 3}, {"open", 3}});
  CHECK(buckets("event", {{"AggregateSize", 1}}) == Buckets{{"accepted", 6}});
  CHECK(buckets("tag") == Buckets{{"b", 12}, {"a", 6}});
  CHECK(buckets("tag", {{"StartDate", "2023-11-15"}}) == Buckets{{"a", 6}});
  CHECK(buckets("recipient-domain") == Buckets{{"example.net", 18}});
  CHECK(buckets("smtp-code") == Buckets{{"250", 3}});
  CHECK(buckets("link") == Buckets{{"https://shop.example/", 3}});
  CHECK(buckets("mx-host").empty());
  CHECK(buckets("day", {{"EndDate", "2023-11-14"}}) ==
        Buckets{{"2023-08-07", 6}, {"2023-11-14", 6}});
  CHECK(buckets("hour", {{"StartDate", "2023-11-14"}}) ==
        Buckets{{"2023-11-14 23:00", 6}, {"2023-11-15 13:00", 6}});
  const Buckets messages = buckets("message-id", {{"AggregateSize", 2}});
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].second == 6);
  CHECK(Uuid::Parse(messages[0].first));
}

TEST_CASE("recipientdomainstats shows times and their classes") {
  StatisticsDesk desk;
  desk.AddLife(desk.domain, kToday, "a");
  desk.AddLife(desk.AddDomain(desk.jane, "second.example"), kToday, "a");
  desk.AddLife(desk.AddDomain(desk.mallory, "mallory.example"), kToday, "a");
  const Json reply = desk.Ask("recipientdomainstats", {{"RecipientToDomain", "Example.NET"}});
  CHECK(reply["SummaryStats"] == Json::array({{{"Status", "Sent"},
                                               {"TotalEmails", 2},
                                               {"AvgDeliverySeconds", 1.5},
                                               {"MinDeliverySeconds", 1},
                                               {"MaxDeliverySeconds", 1}},
                                              {{"Status", "Failed"},
                                               {"TotalEmails", 2},
                                               {"AvgDeliverySeconds", 700.0},
                                               {"MinDeliverySeconds", 700},
                                               {"MaxDeliverySeconds", 700}}}));
  const auto classes = [](const char* name) {
    return Json::array({{{"DeliveryBucket", name}, {"EmailCount", 2}, {"Percentage", 100.0}}});
  };
  CHECK(reply["DeliverySpeedHistogram"] ==
        Json{{"Sent", classes("1-5s")}, {"Failed", classes("> 10m")}});
  const Json unknown = desk.Ask("recipientdomainstats", {{"RecipientToDomain", "nobody.example"}});
  CHECK(unknown["SummaryStats"][0]["TotalEmails"] == 0);
  CHECK(unknown["DeliverySpeedHistogram"]["Sent"] == Json::array());
}

TEST_CASE("listrecipientdomains lists what was delivered, failed and waits") {
  StatisticsDesk desk;
  desk.AddLife(desk.domain, kToday, "a");
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    core::Message message;
    message.id = NewUuidV7(desk.clock);
    message.user_id = desk.jane;
    message.domain_id = desk.domain;
    store::MessageStore(tx).Insert(message, "x", {{"c@example.net", "example.net"}});
  }));
  CHECK(desk.Ask("listrecipientdomains")["RecipientDomains"] ==
        Json::array({{{"Domain", "example.net"},
                      {"Sent", 1},
                      {"Failed", 1},
                      {"Sending", 1},
                      {"AvgDeliverySec", 1.5},
                      {"MinDeliverySec", 1},
                      {"MaxDeliverySec", 1}}}));
  CHECK(desk.Ask("listrecipientdomains", {{"EndDate", "2023-11-14"}})["RecipientDomains"].empty());
}

TEST_CASE("statistics of somebody else's domain, or of an impossible period, are refused") {
  StatisticsDesk desk;
  for (const std::string command : {"domainstats", "dailyseries", "aggrevents",
                                    "recipientdomainstats", "listrecipientdomains"}) {
    CAPTURE(command);
    const auto refusal = [&](Json parameters, int64_t user) {
      if (command == "recipientdomainstats") parameters["RecipientToDomain"] = "example.net";
      return desk.Refusal("emailgateway." + command, parameters, As(user));
    };
    CHECK(refusal({{"DomainID", desk.domain}}, desk.mallory) == Codes{2});
    CHECK(refusal({{"DomainID", 999}}, desk.jane) == Codes{2});
    CHECK(
        refusal({{"DomainID", desk.domain}, {"StartDate", "2023-11-15"}, {"EndDate", "2023-11-14"}},
                desk.jane) == Codes{catalogue::kCodeMalformed});
  }
  CHECK(desk.Refusal("emailgateway.recipientdomainstats", Json::object(), As(desk.jane)) ==
        Codes{1, 1});
}

}  // namespace egd::api
