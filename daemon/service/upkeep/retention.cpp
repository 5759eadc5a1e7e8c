#include "daemon/service/upkeep/retention.h"

#include "daemon/auth/key_authenticator.h"
#include "daemon/service/delivery/explanation.h"
#include "daemon/service/delivery/test_delivery.h"
#include "daemon/service/inbound/inbound.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/store/attempt_store.h"
#include "daemon/store/captured_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/idempotency_store.h"
#include "daemon/store/inbound_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/session_store.h"
#include "daemon/store/webhook_job_store.h"
#include "shared/base/log.h"

namespace egd::service {

using std::chrono::milliseconds;

namespace {

void LogFailure(const Result<void>& done) {
  if (done) return;
  log::Warning("clean-up failed",
               {{"reason", done.error().public_text}, {"detail", done.error().detail}});
}

}  // namespace

void Retention::RunDue() {
  const UnixMillis now = clock_.Now();
  const UnixMillis events_before = now - options_.events_days * kDayMillis;
  const UnixMillis contents_before = now - options_.content_days * kDayMillis;
  const UnixMillis keys_before = now - milliseconds(Acceptance::kKeyLifetime).count();
  const UnixMillis sessions_before = now - milliseconds(auth::kSessionIdleLimit).count();
  Repeat([&](store::Transaction& transaction) {
    return store::MessageStore(transaction).PurgeContents(contents_before, kRowsPerSweep);
  });
  LogFailure(store_.DeleteDeadSegments());
  Repeat([&](store::Transaction& transaction) {
    return store::AttemptStore(transaction).ForgetDialogues(now - kAttemptMillis, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {
    return int64_t(store::CapturedStore(transaction).Purge(now - kCapturedMillis, kRowsPerSweep));
  });
  Repeat([&](store::Transaction& transaction) {
    return store::EventStore(transaction).Purge(events_before, now, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {  // after the events that showed them
    return store::MessageStore(transaction).PurgeMessages(events_before, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {
    return store::IdempotencyStore(transaction).Purge(keys_before, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {
    return int64_t(store::WebhookJobStore(transaction).PurgeAttempts(events_before, kRowsPerSweep));
  });
  Repeat([&](store::Transaction& transaction) {
    return store::InboundStore(transaction).Purge(now, kMostKeptBytes, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {
    return store::InboundStore(transaction).PurgeOutcomes(events_before, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {
    return store::SessionStore(transaction).Purge(sessions_before, kRowsPerSweep);
  });
}

void Retention::Repeat(const Sweep& sweep) {
  for (int64_t deleted = 1; deleted > 0 && !ticker_.Interrupted();) {
    const Result<int64_t> swept = store_.WriteLarge(sweep);
    if (!swept) return LogFailure(swept.error());
    deleted = *swept;
  }
}

}  // namespace egd::service
