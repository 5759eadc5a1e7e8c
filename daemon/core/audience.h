// Whom a user writes to and with what: templates, lists, subscribers, journeys. Values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"

namespace egd::core {

enum class TemplateContent { kHtml, kPlain, kBoth };
std::string_view Name(TemplateContent content);  // "HTML", "Plain", "Both"
std::optional<TemplateContent> ParseTemplateContent(std::string_view name);

struct EmailTemplate {
  int64_t id = 0;  // EmailID, and TemplateID when sending
  int64_t user_id = 0;
  std::string name;
  std::string subject;
  TemplateContent content = TemplateContent::kHtml;
  std::string html;
  std::string plain;
  UnixMillis created_at = 0;
  UnixMillis updated_at = 0;
};

struct SubscriberList {
  int64_t id = 0;
  int64_t user_id = 0;
  std::string name;
  UnixMillis created_at = 0;
  int64_t subscriber_count = 0;  // with status Subscribed; filled on reading
};

// Only kSubscribed is sent to.
enum class SubscriptionStatus { kSubscribed, kUnsubscribed, kOptInPending, kOptOutPending };
std::string_view Name(SubscriptionStatus status);  // "Subscribed", "Opt-In Pending"
std::optional<SubscriptionStatus> ParseSubscriptionStatus(std::string_view name);

struct Subscriber {
  int64_t id = 0;
  int64_t list_id = 0;
  std::string email_address;  // unique in its list, without case
  SubscriptionStatus status = SubscriptionStatus::kSubscribed;
  std::map<std::string, std::string> custom_fields;  // UTF-8, by name
  UnixMillis created_at = 0;
  UnixMillis updated_at = 0;
};

struct JourneyAction {
  int64_t id = 0;
  std::string name;
};

struct Journey {
  int64_t id = 0;
  int64_t user_id = 0;
  std::string name;
  std::vector<JourneyAction> actions;  // in the order given
  UnixMillis created_at = 0;
};

}  // namespace egd::core
