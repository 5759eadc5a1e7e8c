#include "daemon/service/inbound/message_recipients.h"

#include <algorithm>

#include "daemon/store/attempt_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/queue_store.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

// Events read to learn a message's recipients, when its attempts are forgotten: what a message of
// 500 recipients has. Those of a send to a list have tokens of their own.
constexpr int64_t kMostEvents = 2000;

std::string_view DomainOf(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

}  // namespace

std::optional<std::string> MessageRecipients::Find(int64_t recipient_id) {
  if (const auto queued = store::QueueStore(connection_).Find(recipient_id)) return queued->address;
  if (const auto attempt = store::AttemptStore(connection_).Find(recipient_id)) {
    return attempt->address;
  }
  return std::nullopt;
}

std::optional<std::string> MessageRecipients::Find(const std::string& address) {
  if (address.empty()) return std::nullopt;
  if (const auto attempt = store::AttemptStore(connection_).FindByAddress(message_.id, address)) {
    return attempt->address;
  }
  const auto& known = Known();
  const auto found = std::ranges::find_if(
      known, [&](const std::string& one) { return EqualsIgnoreCase(one, address); });
  return found == known.end() ? std::nullopt : std::optional(*found);
}

std::optional<std::string> MessageRecipients::Only(const std::string& destination) {
  std::optional<std::string> only;
  for (const std::string& address : Known()) {
    if (!destination.empty() && !EqualsIgnoreCase(DomainOf(address), destination)) continue;
    if (only) return std::nullopt;
    only = address;
  }
  return only;
}

const std::vector<std::string>& MessageRecipients::Known() {
  if (known_) return *known_;
  known_.emplace();
  store::EventFilter filter;
  filter.domain_id = message_.domain_id;
  filter.message_id = message_.id;
  for (const auto& event :
       store::EventStore(connection_).ListBefore(filter, std::nullopt, kMostEvents)) {
    const bool there = std::ranges::any_of(
        *known_, [&](const std::string& one) { return EqualsIgnoreCase(one, event.recipient); });
    if (!event.recipient.empty() && !there) known_->push_back(event.recipient);
  }
  return *known_;
}

}  // namespace egd::service
