#include "daemon/api/handlers/events.h"
#include "daemon/service/events/event_log.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "shared/base/strings.h"
#include "tests/unit/api/handlers_desk.h"

namespace egd::api {
namespace {

constexpr UnixMillis kNoon = 1'700'049'600'000;  // 2023-11-15 12:00:00

struct EventsDesk : Desk {
  EventsDesk() { AddEventHandlers(handlers, events); }

  Uuid AddMessage(const std::string& subject) {
    core::Message message;
    message.id = NewUuidV7(clock);
    message.user_id = jane;
    message.domain_id = domain;
    message.from_header = "shop@jane.example";
    message.to_header = "to@example.net";
    message.subject = subject;
    REQUIRE(store->Write(
        [&](store::Transaction& tx) { store::MessageStore(tx).Insert(message, "", {}); }));
    return message.id;
  }
  void AddEvent(const Uuid& message, core::EventType type, UnixMillis at) {
    core::Event event;
    event.type = type;
    event.at = at;
    event.message_id = message;
    event.recipient = "to@example.net";
    REQUIRE(store->Write([&](store::Transaction& tx) { store::events::Record(tx, event); }));
  }
  int64_t Total(Json parameters) {
    parameters.update({{"DomainID", domain}, {"StartFrom", 0}, {"RetrieveCount", 100}});
    return Reply("emailgateway.getevents", parameters, As(jane))["TotalRecords"];
  }
  int64_t PublicTotal(const Json& parameters) {
    return Reply("emailgateway.getevents.public", parameters, As(jane, domain))["TotalRecords"];
  }

  service::EventLog events{*store};
  int64_t jane = AddUser("jane"), mallory = AddUser("mallory");
  int64_t domain = AddDomain(jane, "jane.example");
};

}  // namespace

TEST_CASE("getevents answers in the user form, newest first") {
  EventsDesk desk;
  const Uuid message = desk.AddMessage("Hello");
  desk.AddEvent(message, core::EventType::kAccepted, kNoon);
  desk.AddEvent(message, core::EventType::kDelivery, kNoon + 1500);
  const Json reply = desk.Reply(
      "emailgateway.getevents",
      {{"DomainID", desk.domain}, {"StartFrom", 0}, {"RetrieveCount", 50}}, As(desk.jane));
  CHECK(reply["TotalRecords"] == 2);
  REQUIRE(reply["Events"].size() == 2);
  const Json& newest = reply["Events"][0];
  CHECK(newest["event"] == "delivery");
  CHECK(newest["timestamp"] == kNoon / 1000 + 1);
  CHECK(newest["message"]["id"] == message.ToString());
  CHECK(newest["message"]["headers"]["subject"] == "Hello");
  CHECK(reply["Events"][1]["event"] == "accepted");
  CHECK(newest["Sequence"] > reply["Events"][1]["Sequence"]);
}

TEST_CASE("getevents.public answers in the public form, five unless told") {
  EventsDesk desk;
  const Uuid message = desk.AddMessage("Hello");
  for (int i = 0; i < 7; ++i) desk.AddEvent(message, core::EventType::kOpen, kNoon);
  const Json reply =
      desk.Reply("emailgateway.getevents.public", Json::object(), As(desk.jane, desk.domain));
  CHECK(reply["TotalRecords"] == 7);
  REQUIRE(reply["Events"].size() == 5);
  CHECK(reply["Events"][0]["Event"] == "open");
  CHECK(reply["Events"][0]["LoggedAt"] == kNoon / 1000);
  CHECK(reply["Events"][0]["Message"]["Headers"]["From"] == "shop@jane.example");
}

TEST_CASE("days are UTC and both ends are included") {
  EventsDesk desk;
  const Uuid message = desk.AddMessage("Hello");
  const UnixMillis midnight = kNoon - kDayMillis / 2;
  desk.AddEvent(message, core::EventType::kAccepted, midnight - 1);
  desk.AddEvent(message, core::EventType::kAccepted, midnight);
  desk.AddEvent(message, core::EventType::kAccepted, midnight + kDayMillis - 1);
  desk.AddEvent(message, core::EventType::kAccepted, midnight + kDayMillis);
  CHECK(desk.Total({{"StartDate", "2023-11-15"}, {"EndDate", "2023-11-15"}}) == 2);
  CHECK(desk.Total({{"StartDate", "2023-11-15"}}) == 3);
  CHECK(desk.Total({{"EndDate", "2023-11-14"}}) == 1);
}

TEST_CASE("times are Unix seconds and both ends are included") {
  EventsDesk desk;
  const Uuid message = desk.AddMessage("Hello");
  desk.AddEvent(message, core::EventType::kAccepted, kNoon);
  desk.AddEvent(message, core::EventType::kAccepted, kNoon + 999);
  desk.AddEvent(message, core::EventType::kAccepted, kNoon + 1000);
  CHECK(desk.PublicTotal({{"StartDate", kNoon / 1000}, {"EndDate", kNoon / 1000}}) == 2);
  CHECK(desk.PublicTotal({{"StartDate", kNoon / 1000 + 1}}) == 1);
  CHECK(desk.PublicTotal({{"EndDate", kNoon / 1000 - 1}}) == 0);
}

TEST_CASE("events are filtered by type in either word, by message and by text") {
  EventsDesk desk;
  const Uuid hello = desk.AddMessage("Hello"), bye = desk.AddMessage("Good-bye");
  desk.AddEvent(hello, core::EventType::kDelivery, kNoon);
  desk.AddEvent(hello, core::EventType::kBounce, kNoon);
  desk.AddEvent(bye, core::EventType::kDelivery, kNoon);
  CHECK(desk.Total({{"Event", "delivery"}}) == 2);
  CHECK(desk.Total({{"Event", "Delivered"}}) == 2);
  CHECK(desk.Total({{"Query", "HELLO"}}) == 2);
  CHECK(desk.Total({{"Query", "%"}}) == 0);
  CHECK(desk.PublicTotal({{"Event", "bounced"}}) == 1);
  CHECK(desk.PublicTotal({{"MessageID", bye.ToString()}}) == 1);
  CHECK(desk.PublicTotal({{"MessageID", NewUuidV7(desk.clock).ToString()}}) == 0);
}

TEST_CASE("getevents refuses what is missing, malformed or somebody else's") {
  EventsDesk desk;
  const auto refusal = [&](const Json& parameters, int64_t user) {
    return desk.Refusal("emailgateway.getevents", parameters, As(user));
  };
  const Json good = {{"DomainID", desk.domain}, {"StartFrom", 0}, {"RetrieveCount", 10}};
  CHECK(refusal(Json::object(), desk.jane) == Codes{1, 4, 5});
  CHECK(refusal(good, desk.mallory) == Codes{2});
  Json missing = good;
  missing["DomainID"] = 999'999;
  CHECK(refusal(missing, desk.jane) == Codes{2});
  for (const auto& [name, value] : {std::pair{"StartFrom", "-1"},
                                    {"RetrieveCount", "101"},
                                    {"RetrieveCount", "0"},
                                    {"StartDate", "yesterday"},
                                    {"EndDate", "2023-02-30"},
                                    {"Event", "arrival"}}) {
    CAPTURE(name, value);
    Json bad = good;
    bad[name] = value;
    CHECK(refusal(bad, desk.jane) == Codes{catalogue::kCodeMalformed});
  }
  CHECK(desk.Refusal("emailgateway.getevents.public", {{"MessageID", "1"}},
                     As(desk.jane, desk.domain)) == Codes{catalogue::kCodeMalformed});
}

TEST_CASE("exportevents is a table for spreadsheets, newest first") {
  EventsDesk desk;
  const std::string columns =
      "\xef\xbb\xbfTime,Event,MessageID,From,To,Subject,Domain,SMTPCode\r\n";
  const auto text = [&](Json parameters = Json::object()) {
    parameters["DomainID"] = desk.domain;
    return desk.Text("emailgateway.exportevents", parameters, As(desk.jane));
  };
  CHECK(text() == columns);
  const Uuid message = desk.AddMessage("=1+1, \"x\"");
  desk.AddEvent(message, core::EventType::kAccepted, kNoon);
  desk.AddEvent(message, core::EventType::kOpen, kNoon + kDayMillis);
  const auto line = [&](const std::string& day, const std::string& event) {
    return day + " 12:00:00," + event + "," + message.ToString() +
           ",shop@jane.example,to@example.net,\"'=1+1, \"\"x\"\"\",jane.example,\r\n";
  };
  CHECK(text() == columns + line("2023-11-16", "open") + line("2023-11-15", "accepted"));
  CHECK(text({{"Limit", 1}}) == columns + line("2023-11-16", "open"));
  CHECK(text({{"Event", "accepted"}}) == columns + line("2023-11-15", "accepted"));
  CHECK(text({{"EndDate", "2023-11-15"}}) == columns + line("2023-11-15", "accepted"));
  CHECK(text({{"Query", "absent"}}) == columns);
  const auto refusal = [&](int64_t domain, int64_t user) {
    return desk.Refusal("emailgateway.exportevents", {{"DomainID", domain}}, As(user));
  };
  CHECK(refusal(desk.domain, desk.mallory) == Codes{2});
  CHECK(refusal(999, desk.jane) == Codes{2});
}

TEST_CASE("exportevents has every event once, and 10,000 unless told") {
  EventsDesk desk;
  const Uuid message = desk.AddMessage("Hello");
  constexpr int kEvents = 10'001;
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    for (int i = 0; i < kEvents; ++i) {
      core::Event event;
      event.type = core::EventType(i % 3);
      event.at = kNoon + i / 700;  // many at the same instant: more than a piece holds
      event.message_id = message;
      event.smtp_code = i + 1;
      store::events::Record(tx, event);
    }
  }));
  const auto codes = [&](const Json& parameters) {
    const std::string text = desk.Text("emailgateway.exportevents", parameters, As(desk.jane));
    std::vector<std::string> found;
    for (const auto line : Split(text, '\n')) {
      if (line.ends_with('\r')) found.emplace_back(line.substr(line.rfind(',') + 1));
    }
    return found;
  };
  std::vector<std::string> wanted = {"SMTPCode\r"};
  for (int i = kEvents; i > 0; --i) wanted.push_back(std::to_string(i) + "\r");
  CHECK(codes({{"DomainID", desk.domain}, {"Limit", 0}}) == wanted);
  CHECK(codes({{"DomainID", desk.domain}, {"Limit", 0}, {"Query", "hello"}}) == wanted);
  wanted.pop_back();
  CHECK(codes({{"DomainID", desk.domain}}) == wanted);
}

TEST_CASE("a sender key sees nothing once its domain is gone") {
  EventsDesk desk;
  desk.AddEvent(desk.AddMessage("Hello"), core::EventType::kAccepted, kNoon);
  REQUIRE(desk.store->Write(
      [&](store::Transaction& tx) { store::DomainStore(tx).Delete(desk.domain); }));
  CHECK(desk.Refusal("emailgateway.getevents.public", Json::object(), As(desk.jane, desk.domain)) ==
        Codes{2});
}

}  // namespace egd::api
