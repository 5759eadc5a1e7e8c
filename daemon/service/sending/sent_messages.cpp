#include "daemon/service/sending/sent_messages.h"

#include <algorithm>
#include <unordered_map>

#include "daemon/service/sending/acceptance.h"
#include "daemon/service/sending/queue_message.h"
#include "daemon/store/event_store.h"
#include "daemon/store/list_send_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/ownership_store.h"

namespace egd::service {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostRows = 50'000;  // events, and queued recipients, looked at: some 50 ms

Result<core::Message> FindIn(store::Connection& connection, const MessageScope& scope,
                             const Uuid& id) {
  auto message = store::MessageStore(connection).Find(id);
  const bool own = message && message->user_id == scope.user_id.value_or(message->user_id) &&
                   message->domain_id == scope.domain_id.value_or(message->domain_id) &&
                   message->is_test == scope.is_test.value_or(message->is_test);
  if (!own) return NotFound("Message not found or access denied");
  return *std::move(message);
}

bool IsFinal(core::EventType type) {
  return type != core::EventType::kAccepted && type != core::EventType::kDeferred;
}

void AddQueued(store::Connection& connection, MessageStatus& status) {
  const core::Message& message = status.message;
  auto rows = store::QueueStore(connection).ListByMessage(message.domain_id, message.id, kMostRows);
  const bool all = rows.size() < kMostRows;
  std::unordered_map<std::string, store::QueuedRecipient*> by_address;
  for (auto& row : rows) by_address.emplace(row.address, &row);
  for (RecipientStatus& recipient : status.recipients) {
    const auto found = by_address.find(recipient.last.recipient);
    recipient.waits = found != by_address.end() || (!all && !IsFinal(recipient.last.type));
    if (found != by_address.end()) recipient.queued = *found->second;
  }
}

}  // namespace

Result<MessageStatus> SentMessages::Find(int64_t asker, const MessageScope& scope, const Uuid& id,
                                         int64_t start, int64_t count) {
  return store_.ReadLong(asker, [&](store::Connection& connection) -> Result<MessageStatus> {
    auto message = FindIn(connection, scope, id);
    if (!message) return message.error();
    MessageStatus status;
    status.at = clock_.Now();
    status.message = *std::move(message);
    auto page = store::EventStore(connection).LastOfRecipients(id, start, count, kMostRows);
    status.total = page.total;
    for (core::Event& event : page.events) {
      status.recipients.emplace_back().last = std::move(event);
    }
    AddQueued(connection, status);
    status.pending = store::ListSendStore(connection).Pending(id);
    return status;
  });
}

Result<int64_t> SentMessages::Cancel(const MessageScope& scope, const Uuid& id) {
  int64_t total = 0;
  for (bool more = true; more;) {
    const Result<int64_t> some = store_.Write(
        [&](store::Transaction& transaction) { return CancelSome(transaction, scope, id, more); });
    if (!some) return some.error();
    total += *some;
  }
  if (total > 0) on_changed_();
  return total;
}

Result<int64_t> SentMessages::CancelSome(store::Transaction& transaction, const MessageScope& scope,
                                         const Uuid& id, bool& more) {
  const UnixMillis now = clock_.Now();
  const auto message = FindIn(transaction, scope, id);
  if (!message) return message.error();
  std::vector<std::string> addresses;
  for (auto& row : store::QueueStore(transaction).TakeWaiting(id, kBatch, now)) {
    addresses.push_back(std::move(row.address));
  }
  AppendFirstEvents(transaction, *message, {}, addresses, "cancelled", now);
  more = addresses.size() == kBatch;
  const auto left = store::QueueStore(transaction).ListByMessage(message->domain_id, id, 1);
  if (message->send_at > now && left.empty()) {  // it is scheduled no more
    store::MessageStore(transaction).SetSendAt(id, 0, message->expires_at);
  }
  return int64_t(addresses.size()) + store::ListSendStore(transaction).Cancel(id);
}

Result<int64_t> SentMessages::Reschedule(const MessageScope& scope, const Uuid& id,
                                         UnixMillis send_at) {
  if (send_at > clock_.Now() + milliseconds(Acceptance::kLongestDelay).count()) {
    return InvalidArgument("SendAt is more than 30 days ahead");
  }
  store::MovedRecipients all;
  for (bool more = true; more;) {
    const auto some = store_.Write([&](store::Transaction& transaction) {
      return RescheduleSome(transaction, scope, id, send_at, all.last_id);
    });
    if (!some) return some.error();
    more = some->last_id != 0;
    all = {all.count + some->count, some->last_id};
  }
  if (all.count > 0) on_changed_();
  return all.count;
}

Result<store::MovedRecipients> SentMessages::RescheduleSome(store::Transaction& transaction,
                                                            const MessageScope& scope,
                                                            const Uuid& id, UnixMillis send_at,
                                                            int64_t after) {
  const UnixMillis now = clock_.Now();
  auto message = FindIn(transaction, scope, id);
  if (!message) return message.error();
  const bool scheduled = send_at > now && message->send_at <= now;
  if (scheduled && options_.max_scheduled > 0 &&
      store::OwnershipStore(transaction)
          .HasScheduled(message->user_id, message->is_test, now, options_.max_scheduled)) {
    return Unprocessable("The limit of " + std::to_string(options_.max_scheduled) +
                         " scheduled messages is reached");
  }
  auto moved = store::QueueStore(transaction).SetDue(id, std::max(send_at, now), after, kBatch);
  if (after == 0) moved.count += store::ListSendStore(transaction).Pending(id);
  if (moved.count == 0) return moved;
  store::MessageStore(transaction)
      .SetSendAt(id, send_at > now ? send_at : 0,
                 std::max(now, send_at) + milliseconds(options_.expire_after).count());
  return moved;
}

}  // namespace egd::service
