#include "daemon/service/sending/list_expansion.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/core/email_address.h"
#include "daemon/service/sending/envelope.h"
#include "daemon/service/sending/queue_message.h"
#include "daemon/store/subscriber_store.h"
#include "shared/base/log.h"

namespace egd::service {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestPause = std::chrono::minutes(1);  // should a wake-up get lost
constexpr milliseconds kAfterFailure = std::chrono::seconds(1);

store::NewRecipient RecipientOf(const core::Subscriber& subscriber) {
  // Lists take valid addresses only, but keep their spelling.
  const auto address = core::ParseEmailAddress(subscriber.email_address);
  const std::string text = address ? address->Text() : subscriber.email_address;
  return {text, std::string(HostOf(text)), subscriber.id};
}

std::vector<std::string> TakeAll(std::vector<store::NewRecipient>& recipients) {
  std::vector<std::string> addresses;
  for (auto& recipient : recipients) addresses.push_back(std::move(recipient.address));
  recipients.clear();
  return addresses;
}

}  // namespace

Result<bool> ListExpansion::ExpandBatch() {
  const UnixMillis now = clock_.Now();
  const auto progress =
      store_.WriteLarge([&](store::Transaction& transaction) { return Expand(transaction, now); });
  if (!progress) return progress.error();
  if (progress->queued) on_queued_();
  return progress->number != 0;
}

ListExpansion::Progress ListExpansion::Expand(store::Transaction& transaction, UnixMillis now) {
  store::ListSendStore sends(transaction);
  auto due = sends.NextDue(now, last_);
  last_ = due ? due->number : 0;  // whether or not it succeeds: the others get their turn
  if (!due) return {};
  const core::Message& message = due->message;
  auto subscribers = store::SubscriberStore(transaction)
                         .NextSubscribed(due->send.list_id, due->send.last_subscriber_id, kBatch);
  const bool is_last =
      subscribers.size() < kBatch || subscribers.back().id >= due->send.up_to_subscriber_id;
  std::erase_if(subscribers,
                [&](const auto& one) { return one.id > due->send.up_to_subscriber_id; });
  std::vector<store::NewRecipient> recipients;
  std::ranges::transform(subscribers, std::back_inserter(recipients), RecipientOf);
  const auto cancelled = due->send.cancelled ? TakeAll(recipients) : std::vector<std::string>();
  const auto suppressed = TakeSuppressed(transaction, message, recipients);
  if (!subscribers.empty()) due->send.last_subscriber_id = subscribers.back().id;
  due->send.reserved -= int64_t(recipients.size());
  sends.Advance(*due, recipients);
  AppendFirstEvents(transaction, message, recipients, suppressed, "suppressed", now);
  AppendFirstEvents(transaction, message, {}, cancelled, "cancelled", now);
  if (is_last) sends.End(due->number);
  return {due->number, !recipients.empty()};
}

// Until the earliest send is due.
milliseconds ListExpansion::Pause() {
  const auto next = store_.Read(
      [](store::Connection& connection) { return store::ListSendStore(connection).NextDueAt(); });
  if (!next) return kAfterFailure;
  if (*next == 0) return kLongestPause;
  return std::clamp(milliseconds(*next - clock_.Now()), milliseconds(1), kLongestPause);
}

milliseconds ListExpansion::Tick() {
  const Result<bool> expanded = ExpandBatch();
  if (expanded) return *expanded ? milliseconds(0) : Pause();
  log::Error("list not expanded",
             {{"reason", expanded.error().public_text}, {"detail", expanded.error().detail}});
  return kAfterFailure;
}

}  // namespace egd::service
