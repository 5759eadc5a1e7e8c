#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/service/events/event_json.h"

namespace egd::service {
namespace {

using Json = nlohmann::ordered_json;

core::Event Delivery() {
  core::Event event;
  event.sequence = 4711;
  event.type = core::EventType::kDelivery;
  event.at = 1'640'000'000'999;
  event.message_id = *Uuid::Parse("0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11");
  event.recipient = "jane@example.net";
  event.from = "Shop <shop@example.com>";
  event.to = "jane@example.net";
  event.subject = "Grüße";
  event.smtp_code = 250;
  event.smtp_response = "250 2.0.0 Ok";
  event.mx_host = "mx.example.net";
  event.attempt = 2;
  event.delivery_ms = 840;
  return event;
}

}  // namespace

TEST_CASE("the user form has the reference's keys in lower case") {
  CHECK(EventJson(Delivery(), EventForm::kUser) == Json::parse(R"({
    "event": "delivery",
    "timestamp": 1640000000,
    "Sequence": 4711,
    "message": {
      "id": "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11",
      "headers": {"from": "Shop <shop@example.com>", "to": "jane@example.net", "subject": "Grüße"}
    },
    "recipient": "jane@example.net",
    "tags": [],
    "smtp_code": 250,
    "smtp_response": "250 2.0.0 Ok",
    "mx_host": "mx.example.net",
    "attempt": 2,
    "delivery_ms": 840
  })"));
}

TEST_CASE("the public form has the reference's keys in Pascal case") {
  CHECK(EventJson(Delivery(), EventForm::kPublic) == Json::parse(R"({
    "Event": "delivery",
    "LoggedAt": 1640000000,
    "Sequence": 4711,
    "Message": {
      "ID": "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11",
      "Headers": {"From": "Shop <shop@example.com>", "To": "jane@example.net", "Subject": "Grüße"}
    },
    "Recipient": "jane@example.net",
    "Tags": [],
    "SMTPCode": 250,
    "SMTPResponse": "250 2.0.0 Ok",
    "MXHost": "mx.example.net",
    "Attempt": 2,
    "DeliveryMs": 840
  })"));
}

TEST_CASE("facts an event does not have are left out") {
  core::Event event;
  event.type = core::EventType::kClick;
  event.url = "https://example.com/?a=1";
  event.client_address = "192.0.2.1";
  event.user_agent = "Mozilla/5.0";
  event.tags = {"welcome", "eu"};
  const Json json = EventJson(event, EventForm::kUser);
  CHECK(json["url"] == "https://example.com/?a=1");
  CHECK(json["client_address"] == "192.0.2.1");
  CHECK(json["user_agent"] == "Mozilla/5.0");
  CHECK(json["tags"] == Json::array({"welcome", "eu"}));
  for (const char* key :
       {"smtp_code", "smtp_response", "mx_host", "attempt", "delivery_ms", "reason"}) {
    CAPTURE(key);
    CHECK_FALSE(json.contains(key));
  }
}

TEST_CASE("a message without headers still has their keys") {
  const Json json = EventJson(core::Event(), EventForm::kPublic);
  CHECK(json["Message"]["Headers"] == Json::parse(R"({"From": "", "To": "", "Subject": ""})"));
  CHECK(json["Message"].size() == 2);
}

}  // namespace egd::service
