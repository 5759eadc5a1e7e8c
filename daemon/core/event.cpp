#include "daemon/core/event.h"

#include "shared/base/strings.h"

namespace egd::core {
namespace {

struct Row {
  EventType type;
  std::string_view name;
  std::string_view synonym;  // accepted on input everywhere
};

constexpr Row kRows[] = {
    {EventType::kAccepted, "accepted", {}},
    {EventType::kRejected, "rejected", {}},
    {EventType::kDeferred, "deferred", {}},
    {EventType::kDelivery, "delivery", "delivered"},
    {EventType::kBounce, "bounce", "bounced"},
    {EventType::kOpen, "open", "opened"},
    {EventType::kClick, "click", "clicked"},
    {EventType::kUnsubscribe, "unsubscribe", "unsubscribed"},
    {EventType::kComplaint, "complaint", "complained"},
};

}  // namespace

std::string_view Name(EventType type) {
  return kRows[static_cast<size_t>(type)].name;
}

std::optional<EventType> ParseEventType(std::string_view word) {
  for (const Row& row : kRows) {
    if (EqualsIgnoreCase(word, row.name)) return row.type;
    if (!row.synonym.empty() && EqualsIgnoreCase(word, row.synonym)) return row.type;
  }
  return std::nullopt;
}

}  // namespace egd::core
