// What happened to a message, and the words for it. Values; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::core {

enum class EventType {
  kAccepted,
  kRejected,
  kDeferred,
  kDelivery,
  kBounce,
  kOpen,
  kClick,
  kUnsubscribe,
  kComplaint,
};
std::string_view Name(EventType type);  // "delivery"
std::optional<EventType> ParseEventType(
    std::string_view);  // any case; "delivered" and the other synonyms too

// An open or a click.
constexpr bool IsHit(EventType type) {
  return type == EventType::kOpen || type == EventType::kClick;
}

// What is kept of an open or click beside the event.
struct HitFacts {
  bool first = false;      // of its kind, for message and recipient
  bool automated = false;  // a machine's
  std::string rule;        // that says so (tracking/hit_rules.h); empty of a human
  int64_t link_index = 0;  // of a click: which of the message's links, from 0
  int64_t links = 0;       // how many it has
  std::string method;      // "GET", "HEAD", "GET prefetch"
};

struct Event {
  int64_t sequence = 0;  // strictly increasing per gateway, given by the store
  EventType type = EventType::kAccepted;
  UnixMillis at = 0;
  int64_t user_id = 0;
  int64_t domain_id = 0;
  Uuid message_id;
  std::string recipient;
  std::string from, to, subject;  // headers as events show them
  std::vector<std::string> tags;
  int64_t journey_id = 0, action_id = 0;
  int smtp_code = 0;          // 0: none
  std::string enhanced_code;  // "5.1.1"
  std::string smtp_response;  // printable, bounded to 1,000 bytes
  std::string mx_host, mx_address;
  std::string tls;           // "TLSv1.3 TLS_AES_256_GCM_SHA384 verified", or empty
  std::string bounce_class;  // of kBounce (bounce_class.h): "hard", "expired", …
  // Of kRejected: "suppressed", …; of a kBounce that came back as mail: "userunknown", …; of
  // kComplaint: "abuse", …
  std::string reason;
  // Of kBounce and kComplaint. "dialogue": the server said it to us; "dsn": a notification that
  // came back; "feedback": a feedback report. Empty: "dialogue".
  std::string source;
  std::string reporting_server;            // of "dsn" and "feedback": who sent the report
  std::string url;                         // of kClick
  std::string client_address, user_agent;  // of kOpen, kClick, kUnsubscribe
  // Never send to the recipient again: the suppression is recorded with the event. Not kept.
  bool suppress = false;
  int attempt = 0;
  int64_t delivery_ms = 0;  // accepted → this outcome
  HitFacts hit;             // of kOpen, kClick
  bool is_test = false;     // of a message that a test key sent; filled on reading
};

}  // namespace egd::core
