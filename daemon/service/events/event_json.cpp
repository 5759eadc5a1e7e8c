#include "daemon/service/events/event_json.h"

#include <nlohmann/json.hpp>

namespace egd::service {
namespace {

using Json = nlohmann::ordered_json;

Json MessageJson(const core::Event& event, bool user) {
  return {{user ? "id" : "ID", event.message_id.ToString()},
          {user ? "headers" : "Headers",
           {{user ? "from" : "From", event.from},
            {user ? "to" : "To", event.to.empty() ? event.recipient : event.to},
            {user ? "subject" : "Subject", event.subject}}}};
}

struct TextFact {
  const char* user_key;
  const char* public_key;
  std::string core::Event::*value;
};

constexpr TextFact kTextFacts[] = {
    {"enhanced_code", "EnhancedCode", &core::Event::enhanced_code},
    {"smtp_response", "SMTPResponse", &core::Event::smtp_response},
    {"mx_host", "MXHost", &core::Event::mx_host},
    {"mx_address", "MXAddress", &core::Event::mx_address},
    {"tls", "TLS", &core::Event::tls},
    {"bounce_class", "BounceClass", &core::Event::bounce_class},
    {"reason", "Reason", &core::Event::reason},
    {"ReportingServer", "ReportingServer", &core::Event::reporting_server},
    {"url", "URL", &core::Event::url},
    {"client_address", "ClientAddress", &core::Event::client_address},
    {"user_agent", "UserAgent", &core::Event::user_agent},
};

void AddHit(Json& json, const core::Event& event) {
  const bool click = event.type == core::EventType::kClick;
  json["Automated"] = event.hit.automated;
  json["AutomatedReason"] = event.hit.rule;
  json["UserAgent"] = event.user_agent;
  json["IPAddress"] = event.client_address;
  json["First"] = event.hit.first;
  if (!click) return;
  json["URL"] = event.url;
  json["LinkIndex"] = event.hit.link_index;
}

bool HasSource(core::EventType type) {
  return type == core::EventType::kBounce || type == core::EventType::kComplaint;
}

bool EndsDelivery(core::EventType type) {
  return type == core::EventType::kDelivery || type == core::EventType::kBounce;
}

}  // namespace

Json EventJson(const core::Event& event, EventForm form) {
  const bool user = form == EventForm::kUser;
  Json json = {{user ? "event" : "Event", core::Name(event.type)},
               {user ? "timestamp" : "LoggedAt", event.at / 1000},
               {"Sequence", event.sequence},
               {user ? "message" : "Message", MessageJson(event, user)},
               {user ? "recipient" : "Recipient", event.recipient},
               {user ? "tags" : "Tags", event.tags}};
  if (event.journey_id != 0) json[user ? "journey_id" : "JourneyID"] = event.journey_id;
  if (event.action_id != 0) json[user ? "action_id" : "ActionID"] = event.action_id;
  if (event.smtp_code != 0) json[user ? "smtp_code" : "SMTPCode"] = event.smtp_code;
  for (const TextFact& fact : kTextFacts) {
    const std::string& value = event.*fact.value;
    if (!value.empty()) json[user ? fact.user_key : fact.public_key] = value;
  }
  if (HasSource(event.type)) {
    json["Source"] = event.source.empty() ? "dialogue" : event.source;
  }
  if (event.attempt != 0) json[user ? "attempt" : "Attempt"] = event.attempt;
  if (EndsDelivery(event.type)) json[user ? "delivery_ms" : "DeliveryMs"] = event.delivery_ms;
  if (core::IsHit(event.type)) AddHit(json, event);
  if (event.is_test) json["Test"] = true;
  return json;
}

}  // namespace egd::service
