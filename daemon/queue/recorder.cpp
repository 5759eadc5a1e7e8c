#include "daemon/queue/recorder.h"

#include <algorithm>
#include <string>

#include <boost/asio/co_spawn.hpp>

#include "daemon/net/spawn.h"
#include "shared/base/log.h"

namespace egd::queue {
namespace {

using core::DeliveryOutcome;
using core::Disposition;
using net::Task;

std::string_view Word(Disposition disposition) {
  switch (disposition) {
    case Disposition::kDelivered:
      return "delivered";
    case Disposition::kDeferred:
      return "deferred";
    case Disposition::kBounced:
      return "bounced";
  }
  return "";
}

void Log(const DeliveryOutcome& outcome) {
  log::Info(Word(outcome.disposition), {{"message", outcome.message_id.ToString()},
                                        {"to", outcome.address},
                                        {"attempt", std::to_string(outcome.attempt)},
                                        {"host", outcome.mx_host},
                                        {"address", outcome.mx_address},
                                        {"tls", outcome.tls},
                                        {"class", outcome.bounce_class},
                                        {"reply", outcome.smtp_response}});
}

std::vector<int64_t> Ids(const std::vector<DeliveryOutcome>& outcomes) {
  std::vector<int64_t> ids;
  for (const auto& outcome : outcomes) ids.push_back(outcome.recipient_id);
  return ids;
}

std::vector<int64_t> Ids(const std::vector<core::DueRecipient>& recipients) {
  std::vector<int64_t> ids;
  for (const auto& recipient : recipients) ids.push_back(recipient.id);
  return ids;
}

// 0: none is deferred.
UnixMillis EarliestRetry(const std::vector<DeliveryOutcome>& outcomes) {
  UnixMillis earliest = 0;
  for (const auto& outcome : outcomes) {
    if (outcome.disposition != Disposition::kDeferred) continue;
    earliest =
        earliest == 0 ? outcome.next_attempt_at : std::min(earliest, outcome.next_attempt_at);
  }
  return earliest;
}

}  // namespace

Recorder::Recorder(net::Executor executor, core::DeliveryLedger& ledger, Claimer& claimer,
                   std::chrono::milliseconds retry_after)
    : executor_(executor), ledger_(ledger), claimer_(claimer), retry_after_(retry_after) {}

void Recorder::Settle(std::vector<DeliveryOutcome> outcomes) {
  if (outcomes.empty()) return;
  for (const auto& outcome : outcomes) Log(outcome);
  net::Spawn(executor_, KeepTrying(std::move(outcomes)), "recording outcomes threw");
}

void Recorder::Postpone(const std::vector<core::DueRecipient>& recipients, UnixMillis until) {
  if (recipients.empty()) return;
  const std::vector<int64_t> ids = Ids(recipients);
  ledger_.Postpone(ids, until);
  claimer_.Finish(ids, until);
}

void Recorder::Hold(const std::vector<core::DueRecipient>& recipients) {
  if (recipients.empty()) return;
  const std::vector<int64_t> ids = Ids(recipients);
  ledger_.Hold(ids);
  claimer_.Finish(ids, 0);
}

void Recorder::Release(const std::vector<core::DueRecipient>& recipients) {
  if (recipients.empty()) return;
  const std::vector<int64_t> ids = Ids(recipients);
  ledger_.Release(ids);
  claimer_.Finish(ids, 0);
}

void Recorder::GiveUp(std::chrono::milliseconds after) {
  give_up_at_ = std::chrono::steady_clock::now() + after;
}

Task<void> Recorder::KeepTrying(std::vector<DeliveryOutcome> outcomes) {
  for (;;) {
    const Result<void> settled = co_await TryOnce(outcomes);
    if (settled) co_return;
    const bool give_up = std::chrono::steady_clock::now() + retry_after_ > give_up_at_;
    log::Write(give_up ? log::Level::kError : log::Level::kWarning,
               give_up ? "outcomes lost at shutdown: their mail will be sent again"
                       : "outcomes not recorded, trying again",
               {{"recipients", std::to_string(outcomes.size())}, {"why", settled.error().detail}});
    if (give_up) co_return claimer_.Finish(Ids(outcomes), 0);
    net::Timer pause(executor_, retry_after_);
    co_await pause.async_wait(net::kAwaitTuple);
  }
}

Task<Result<void>> Recorder::TryOnce(const std::vector<DeliveryOutcome>& outcomes) {
  const auto settle = [this, &outcomes](std::function<void(Result<void>)> done) {
    ledger_.Settle(outcomes, [this, &outcomes, done](Result<void> settled) {
      // Here, on the writer's thread, so that no later claim can overtake it.
      if (settled) claimer_.Finish(Ids(outcomes), EarliestRetry(outcomes));
      done(std::move(settled));
    });
  };
  return net::AwaitCallback<Result<void>>(settle);
}

}  // namespace egd::queue
