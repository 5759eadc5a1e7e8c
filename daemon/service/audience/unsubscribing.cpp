#include "daemon/service/audience/unsubscribing.h"

#include <optional>

#include "daemon/core/event.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/suppression_store.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr std::string_view kListPrefix = "list:";

std::string ScopeOf(const Unsubscription& wish, const std::optional<core::Message>& message) {
  if (wish.list_id != 0) return ListScope(wish.list_id);
  if (message && !message->unsubscribe_scope.empty()) return message->unsubscribe_scope;
  return std::string(kScopeBulk);
}

void LeaveList(store::Transaction& transaction, const std::string& scope,
               const std::string& address) {
  const int64_t list_id = ListOfScope(scope);
  if (list_id == 0) return;
  store::SubscriberStore subscribers(transaction);
  auto subscriber = subscribers.FindByAddress(list_id, address);
  if (!subscriber) return;
  subscriber->status = core::SubscriptionStatus::kUnsubscribed;
  subscribers.Update(*subscriber);
}

}  // namespace

std::string ListScope(int64_t list_id) {
  return std::string(kListPrefix) + std::to_string(list_id);
}

int64_t ListOfScope(std::string_view scope) {
  if (!scope.starts_with(kListPrefix)) return 0;
  return ParseInteger(scope.substr(kListPrefix.size())).value_or(0);
}

bool Unsubscribe(store::Transaction& transaction, const Unsubscription& wish, UnixMillis now) {
  const auto message = store::MessageStore(transaction).Find(wish.message_id);
  const int64_t user_id =
      message ? message->user_id : store::DomainStore(transaction).FindOwner(wish.domain_id);
  if (user_id == 0) return false;
  const std::string scope = ScopeOf(wish, message);
  if (!message || !message->is_test) {
    LeaveList(transaction, scope, wish.address);
    store::Suppression suppression{user_id, wish.address, "unsubscribe", wish.reason, now};
    suppression.scope = scope;
    if (!store::SuppressionStore(transaction).Insert(suppression)) return false;
  }
  if (!message) return true;
  core::Event event;
  event.type = core::EventType::kUnsubscribe;
  event.at = now;
  event.message_id = wish.message_id;
  event.recipient = wish.address;
  event.reason = scope;
  event.client_address = wish.client_address;
  event.user_agent = wish.user_agent;
  store::events::Record(transaction, event);
  return true;
}

}  // namespace egd::service
