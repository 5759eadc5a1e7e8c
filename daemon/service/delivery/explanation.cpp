#include "daemon/service/delivery/explanation.h"

#include <algorithm>

#include "daemon/store/attempt_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

bool IsAboutDelivery(core::EventType type) {
  switch (type) {
    case core::EventType::kAccepted:
    case core::EventType::kRejected:
    case core::EventType::kDeferred:
    case core::EventType::kDelivery:
    case core::EventType::kBounce:
      return true;
    case core::EventType::kOpen:
    case core::EventType::kClick:
    case core::EventType::kUnsubscribe:
    case core::EventType::kComplaint:
      return false;
  }
  return false;
}

// In the order of their first appearance; nullptr: one too many.
class Stories {
 public:
  explicit Stories(std::vector<RecipientStory>& stories) : stories_(stories) {}

  RecipientStory* Of(const std::string& address) {
    const auto found = std::ranges::find(stories_, address, &RecipientStory::address);
    if (found != stories_.end()) return &*found;
    if (stories_.size() == Explanations::kMostRecipients) return nullptr;
    stories_.emplace_back().address = address;
    return &stories_.back();
  }

 private:
  std::vector<RecipientStory>& stories_;
};

std::vector<core::Event> Timeline(store::Connection& connection, const core::Message& message,
                                  std::string_view recipient) {
  store::EventFilter filter;
  filter.domain_id = message.domain_id;
  filter.message_id = message.id;
  auto events =
      store::EventStore(connection).ListBefore(filter, std::nullopt, Explanations::kMostEvents);
  std::ranges::reverse(events);
  if (!recipient.empty()) {
    std::erase_if(events, [&](const auto& e) { return !EqualsIgnoreCase(e.recipient, recipient); });
  }
  return events;
}

void Tell(store::Connection& connection, Explanation& explanation, UnixMillis since,
          std::string_view recipient) {
  const auto wanted = [recipient](const std::string& address) {
    return recipient.empty() || EqualsIgnoreCase(address, recipient);
  };
  Stories stories(explanation.recipients);
  for (const core::Event& event : explanation.timeline) {
    if (!IsAboutDelivery(event.type)) continue;
    if (RecipientStory* story = stories.Of(event.recipient)) story->last = event;
  }
  const core::Message& message = explanation.message;
  for (const auto& attempt : store::AttemptStore(connection)
                                 .ListByMessage(message.id, since, Explanations::kMostEvents)) {
    RecipientStory* story = wanted(attempt.address) ? stories.Of(attempt.address) : nullptr;
    if (story == nullptr) continue;
    story->rule = attempt.rule;
    story->dialogue = attempt.dialogue;
  }
  for (const auto& row :
       store::QueueStore(connection)
           .ListByMessage(message.domain_id, message.id, Explanations::kMostEvents)) {
    RecipientStory* story = wanted(row.address) ? stories.Of(row.address) : nullptr;
    if (story == nullptr) continue;
    story->waits = true;
    story->destination = row.destination;
    story->attempts = row.attempts;
    story->next_attempt_at = row.next_attempt_at;
  }
}

}  // namespace

Result<Explanation> Explanations::Explain(std::optional<int64_t> user_id, const Uuid& message_id,
                                          std::string_view recipient) {
  return store_.Read([&](store::Connection& connection) -> Result<Explanation> {
    auto message = store::MessageStore(connection).Find(message_id);
    const bool own = message && (!user_id || message->user_id == *user_id);
    if (!own) return NotFound("Message not found or access denied");
    Explanation explanation;
    explanation.message = *std::move(message);
    explanation.timeline = Timeline(connection, explanation.message, recipient);
    explanation.paused = store::QueueStore(connection).ListPaused();
    Tell(connection, explanation, clock_.Now() - kAttemptMillis, recipient);
    return explanation;
  });
}

}  // namespace egd::service
