#include "daemon/service/sending/queue_message.h"

#include <string_view>
#include <unordered_set>

#include "daemon/store/events.h"
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

std::vector<std::string> TakeSuppressed(store::Connection& connection, int64_t user_id,
                                        std::vector<store::NewRecipient>& recipients) {
  std::vector<std::string> addresses;
  for (const auto& recipient : recipients) addresses.push_back(recipient.address);
  std::vector<std::string> suppressed =
      store::SuppressionStore(connection).Find(user_id, addresses);
  if (suppressed.empty()) return suppressed;
  const std::unordered_set<std::string_view> left_out(suppressed.begin(), suppressed.end());
  std::erase_if(recipients,
                [&](const auto& recipient) { return left_out.contains(recipient.address); });
  return suppressed;
}

}  // namespace egd::service
