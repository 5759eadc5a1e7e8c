#include "daemon/service/sending/queue_message.h"

#include <optional>

#include "daemon/core/test_recipient.h"
#include "daemon/store/events.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/suppression_store.h"

namespace egd::service {
namespace {

core::Event EventOf(core::EventType type, const core::Message& message,
                    const std::string& recipient, UnixMillis at) {
  core::Event event;
  event.type = type;
  event.at = at;
  event.message_id = message.id;
  event.recipient = recipient;
  return event;
}

}  // namespace

void AppendFirstEvents(store::Transaction& transaction, const core::Message& message,
                       const std::vector<store::NewRecipient>& recipients,
                       const std::vector<std::string>& refused, const std::string& reason,
                       UnixMillis at) {
  for (const auto& recipient : recipients) {
    core::Event event = EventOf(core::EventType::kAccepted, message, recipient.address, at);
    store::events::Record(transaction, event);
  }
  for (const auto& address : refused) {
    core::Event event = EventOf(core::EventType::kRejected, message, address, at);
    event.reason = reason;
    store::events::Record(transaction, event);
  }
}

bool IsSuppressed(store::Connection& connection, bool is_test, int64_t user_id,
                  const std::string& address, const std::string& scope) {
  if (is_test) return core::FateOf(address) == core::TestFate::kSuppressed;
  return store::SuppressionStore(connection).Stops(user_id, address, scope);
}

std::vector<std::string> TakeSuppressed(store::Connection& connection, const core::Message& message,
                                        std::vector<store::NewRecipient>& recipients) {
  std::vector<std::string> suppressed;
  std::erase_if(recipients, [&](const store::NewRecipient& recipient) {
    const bool stopped = IsSuppressed(connection, message.is_test, message.user_id,
                                      recipient.address, message.unsubscribe_scope);
    if (stopped) suppressed.push_back(recipient.address);
    return stopped;
  });
  return suppressed;
}

void RejectSuppressed(store::Transaction& transaction, std::vector<core::DueRecipient>& due,
                      UnixMillis now) {
  std::optional<core::Message> message;  // of the one before: a message's recipients come together
  std::erase_if(due, [&](const core::DueRecipient& recipient) {
    if (recipient.is_test) return false;  // judged when it was accepted, once and for all
    if (!message || message->id != recipient.message_id) {
      message = store::MessageStore(transaction).Find(recipient.message_id);
    }
    if (!message || !IsSuppressed(transaction, false, message->user_id, recipient.address,
                                  message->unsubscribe_scope)) {
      return false;
    }
    core::DeliveryOutcome outcome;
    outcome.recipient_id = recipient.id;
    outcome.message_id = recipient.message_id;
    outcome.address = recipient.address;
    outcome.disposition = core::Disposition::kBounced;  // for the queue: it is done with
    outcome.at = now;
    if (!store::QueueStore(transaction).Settle(outcome)) return true;
    AppendFirstEvents(transaction, *message, {}, {recipient.address}, "suppressed", now);
    return true;
  });
}

}  // namespace egd::service
