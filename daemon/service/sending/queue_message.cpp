#include "daemon/service/sending/queue_message.h"

#include <optional>

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

std::vector<std::string> TakeSuppressed(store::Connection& connection, const core::Message& message,
                                        std::vector<store::NewRecipient>& recipients) {
  store::SuppressionStore suppressions(connection);
  std::vector<std::string> suppressed;
  std::erase_if(recipients, [&](const store::NewRecipient& recipient) {
    const bool stopped =
        suppressions.Stops(message.user_id, recipient.address, message.unsubscribe_scope);
    if (stopped) suppressed.push_back(recipient.address);
    return stopped;
  });
  return suppressed;
}

void RejectSuppressed(store::Transaction& transaction, std::vector<core::DueRecipient>& due,
                      UnixMillis now) {
  store::SuppressionStore suppressions(transaction);
  std::optional<core::Message> message;  // of the one before: a message's recipients come together
  std::erase_if(due, [&](const core::DueRecipient& recipient) {
    if (!message || message->id != recipient.message_id) {
      message = store::MessageStore(transaction).Find(recipient.message_id);
    }
    if (!message ||
        !suppressions.Stops(message->user_id, recipient.address, message->unsubscribe_scope)) {
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
