#include "daemon/service/upkeep/retention.h"

#include "daemon/auth/key_authenticator.h"
#include "daemon/service/delivery/explanation.h"
#include "daemon/service/delivery/test_delivery.h"
#include "daemon/service/inbound/inbound.h"
#include "daemon/service/reports/received_reports.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/store/attempt_store.h"
#include "daemon/store/captured_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/idempotency_store.h"
#include "daemon/store/inbound_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/report_store.h"
#include "daemon/store/retention_store.h"
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
  const std::lock_guard lock(running_);
  Run(clock_.Now());
}

Result<RetentionReport> Retention::Measure() {
  return MeasureAt(clock_.Now());
}

// What was there and is not any more: others delete nothing meanwhile but by these rules.
Result<RetentionReport> Retention::RunNow() {
  const std::lock_guard lock(running_);
  const UnixMillis now = clock_.Now();
  auto before = MeasureAt(now);
  if (!before) return before;
  Run(now);
  const auto after = MeasureAt(now);
  if (!after) return after;
  for (const Expired& left : after->expired) {
    for (Expired& gone : before->expired) {
      if (gone.rule != left.rule || gone.kind != left.kind || gone.detail != left.detail) continue;
      gone.entries -= left.entries;
      gone.bytes -= left.bytes;
    }
  }
  std::erase_if(before->expired, [](const Expired& gone) { return gone.entries <= 0; });
  before->content_bytes = after->content_bytes;
  return before;
}

Result<RetentionReport> Retention::MeasureAt(UnixMillis now) {
  constexpr int64_t kNobody = 0;  // no user's read
  return store_.ReadLong(kNobody, [&](store::Connection& connection) {
    store::RetentionStore expired(connection);
    RetentionReport report;
    const auto add = [&](std::string rule, std::string kind, std::string detail,
                         const store::ExpiredPart& part) {
      if (part.entries == 0) return;
      report.expired.push_back({std::move(rule), std::move(kind), std::move(detail), part.entries,
                                part.bytes, part.oldest_at});
    };
    const UnixMillis events_before = now - options_.events_days * kDayMillis;
    const UnixMillis contents_before = now - options_.content_days * kDayMillis;
    const auto aged = expired.FinishedContents(contents_before);
    store::ExpiredPart beyond;
    if (options_.content_bytes > 0) {
      beyond = expired.ContentsBeyond(options_.content_bytes, contents_before);
    }
    add("content_days", "content", "", aged);
    add("content_bytes", "content", "", beyond);
    for (const auto& events : expired.Events(events_before, now)) {
      add("events_days", "event", std::string(core::Name(events.type)), events.part);
    }
    add("events_days", "message", "", expired.Messages(events_before));
    add("events_days", "webhook_attempt", "", expired.WebhookAttempts(events_before));
    add("events_days", "inbound_outcome", "", expired.InboundOutcomes(events_before));
    add("", "dialogue", "", expired.Dialogues(now - kAttemptMillis));
    add("", "captured", "", expired.Captured(now - kCapturedMillis));
    add("", "inbound", "", expired.Inbound(now, kMostKeptBytes));
    add("", "idempotency_answer", "",
        expired.IdempotencyAnswers(now - milliseconds(Acceptance::kKeyLifetime).count()));
    add("", "session", "", expired.Sessions(now - milliseconds(auth::kSessionIdleLimit).count()));
    report.content_bytes = expired.ContentBytes() - aged.bytes - beyond.bytes;
    return report;
  });
}

void Retention::Run(UnixMillis now) {
  const UnixMillis events_before = now - options_.events_days * kDayMillis;
  const UnixMillis contents_before = now - options_.content_days * kDayMillis;
  const UnixMillis keys_before = now - milliseconds(Acceptance::kKeyLifetime).count();
  const UnixMillis sessions_before = now - milliseconds(auth::kSessionIdleLimit).count();
  Repeat([&](store::Transaction& transaction) {
    return store::MessageStore(transaction).PurgeContents(contents_before, kRowsPerSweep);
  });
  if (options_.content_bytes > 0) {
    Repeat([&](store::Transaction& transaction) {
      return store::MessageStore(transaction)
          .PurgeContentsBeyond(options_.content_bytes, kRowsPerSweep);
    });
  }
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
    return store::ReportStore(transaction).Purge(events_before, kMostReportRows, kRowsPerSweep);
  });
  Repeat([&](store::Transaction& transaction) {
    return store::ReportStore(transaction)
        .PurgeSessions((now - kSessionMillis) / kDayMillis, kRowsPerSweep);
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
