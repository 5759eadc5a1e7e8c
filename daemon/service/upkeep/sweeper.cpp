#include "daemon/service/upkeep/sweeper.h"

#include <algorithm>

#include "daemon/core/event.h"
#include "daemon/store/captured_store.h"
#include "daemon/store/events.h"
#include "daemon/store/list_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/sweep_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/log.h"

namespace egd::service {
namespace {

using store::SweepKind;

void LogFailure(const Error& error) {
  log::Warning("sweeping failed", {{"reason", error.public_text}, {"detail", error.detail}});
}

size_t SweepQueue(store::Transaction& transaction, int64_t queue, bool rejected, size_t most,
                  UnixMillis now) {
  const auto dropped = store::QueueStore(transaction).DropClosed(queue, most, now);
  if (!rejected) return dropped.size();
  for (const store::QueuedRecipient& recipient : dropped) {
    core::Event event;
    event.type = core::EventType::kRejected;
    event.at = now;
    event.message_id = recipient.message_id;
    event.recipient = recipient.address;
    event.reason = "queue cleared";
    store::events::Record(transaction, event);
  }
  return dropped.size();
}

struct Swept {
  size_t rows = 0;
  bool all = false;
};

Swept SweepPart(store::Transaction& transaction, const store::Sweep& sweep, size_t most,
                UnixMillis now) {
  size_t rows = 0;
  switch (sweep.kind) {
    case SweepKind::kClearedQueue:
    case SweepKind::kDroppedQueue:
      rows = SweepQueue(transaction, sweep.id, sweep.kind == SweepKind::kClearedQueue, most, now);
      return {rows, rows < most};
    case SweepKind::kList:
      rows = store::ListStore(transaction).DeletePart(sweep.id, most);
      return {rows, rows < most};
    case SweepKind::kUser:
      rows = store::UserStore(transaction).DeletePart(sweep.id, most);
      return {rows, rows == 0};
    case SweepKind::kCaptured:
      rows = store::CapturedStore(transaction).DeletePart(sweep.id, most);
      return {std::max(rows, most), rows == 0};  // as megabytes go, a part is a job's work
  }
  return {};
}

}  // namespace

size_t SweepSome(store::Transaction& transaction, UnixMillis now, size_t most) {
  store::SweepStore sweeps(transaction);
  size_t swept = 0;
  for (auto next = sweeps.Next(); next && swept < most; next = sweeps.Next()) {
    const Swept part = SweepPart(transaction, *next, most - swept, now);
    if (part.all) sweeps.Finish(*next);
    swept += std::max<size_t>(part.rows, 1);
  }
  return swept;
}

// A look costs the writer nothing.
bool Sweeper::HasWork() {
  const Result<bool> work = store_.Read([](store::Connection& connection) {
    return store::SweepStore(connection).Next().has_value();
  });
  if (!work) LogFailure(work.error());
  return work && *work;
}

void Sweeper::RunDue() {
  while (!ticker_.Interrupted() && HasWork()) {
    const Result<size_t> swept = store_.WriteLarge(
        [this](store::Transaction& transaction) { return SweepSome(transaction, clock_.Now()); });
    if (!swept) return LogFailure(swept.error());
  }
}

}  // namespace egd::service
