#include "daemon/store/webhook_job_store.h"

#include <algorithm>
#include <limits>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

using core::WebhookJob;
using core::WebhookOutcome;
using core::WebhookResult;
static_assert(static_cast<int>(WebhookOutcome::kDelivered) == 0 &&
                  static_cast<int>(WebhookOutcome::kRetry) == 1 &&
                  static_cast<int>(WebhookOutcome::kFailed) == 2,
              "stored as numbers: never renumber");

// Of a job that an earlier one of its message holds back.
constexpr UnixMillis kHeldUntil = std::numeric_limits<UnixMillis>::max();

std::vector<WebhookJob> ReadJobs(Query& query, int64_t endpoint, bool waited) {
  std::vector<WebhookJob> jobs;
  while (query.Step()) {
    WebhookJob& job = jobs.emplace_back();
    job.endpoint = endpoint;
    job.waited = waited;
    query.Read(job.sequence, job.webhook_id, job.message, job.attempts);
  }
  return jobs;
}

// The least endpoint beyond `after` in a table whose key begins with it; nothing when there is
// none.
std::optional<int64_t> NextEndpoint(Connection& connection, std::string_view sql, int64_t after) {
  Query query(connection, sql);
  if (!query.Bind(after).Step()) return std::nullopt;
  return query.Value<int64_t>();
}

// Of an event in its own commit: 8,000 would hold up everybody's writes for 25 ms, and a message to
// a thousand recipients has a thousand events.
constexpr size_t kMostAtOnce = 8;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// An event whose jobs are to be made, and the webhooks that get them.
struct FanOutRow {
  int64_t sequence = 0;
  int type = 0;
  int64_t message = 0;
  int64_t last_webhook = kNoLimit;
  int64_t after_webhook = 0;
};
struct Wanting {
  int64_t endpoint = 0, id = 0;
};

std::optional<FanOutRow> FirstFanOut(Connection& connection, int64_t domain_id) {
  Query query(connection,
              "SELECT sequence, type, message, last_webhook, after_webhook "
              "FROM webhook_fan_outs WHERE domain_id = ? ORDER BY sequence LIMIT 1");
  if (!query.Bind(domain_id).Step()) return std::nullopt;
  FanOutRow row;
  query.Read(row.sequence, row.type, row.message, row.last_webhook, row.after_webhook);
  return row;
}

std::vector<Wanting> ListWanting(Connection& connection, int64_t domain_id, const FanOutRow& event,
                                 size_t most) {
  Query query(connection,
              "SELECT endpoint, id FROM webhooks WHERE domain_id = ? AND event = ? "
              "AND disabled_at = 0 AND id > ? AND id <= ? ORDER BY id LIMIT ?");
  query.Bind(domain_id, event.type, event.after_webhook, event.last_webhook, most);
  std::vector<Wanting> webhooks;
  while (query.Step()) {
    Wanting& webhook = webhooks.emplace_back();
    query.Read(webhook.endpoint, webhook.id);
  }
  return webhooks;
}

// Replayed meanwhile: it has its job.
void InsertJobs(Transaction& transaction, const FanOutRow& event,
                const std::vector<Wanting>& webhooks) {
  for (const Wanting& webhook : webhooks) {
    Query(transaction, "INSERT INTO webhook_jobs VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .Bind(webhook.endpoint, event.sequence, webhook.id, event.message)
        .Run();
    transaction.notes().webhook_endpoints.push_back(webhook.endpoint);
  }
}

void AddFanOut(Connection& connection, int64_t domain_id, const FanOutRow& event) {
  Query(connection,
        "INSERT INTO webhook_fan_outs VALUES "
        "(?1, ?2, ?3, ?4, (SELECT max(id) FROM webhooks WHERE domain_id = ?1), 0)")
      .Bind(domain_id, event.sequence, event.type, event.message)
      .Run();
}

bool IsAttempt(WebhookOutcome outcome) {
  switch (outcome) {
    case WebhookOutcome::kDelivered:
    case WebhookOutcome::kRetry:
    case WebhookOutcome::kFailed:
      return true;
    case WebhookOutcome::kHeld:
    case WebhookOutcome::kDropped:
      return false;
  }
  return false;
}

std::string Matching(const WebhookAttemptFilter& filter) {
  std::string sql = "FROM webhook_attempts WHERE webhook_id = ?";
  if (filter.outcome) sql += " AND outcome = ?";
  if (filter.sequence) sql += " AND sequence = ?";
  return sql;
}

void BindFilter(Query& query, const WebhookAttemptFilter& filter) {
  query.Bind(filter.webhook_id);
  if (filter.outcome) query.Bind(static_cast<int>(*filter.outcome));
  if (filter.sequence) query.Bind(*filter.sequence);
}

}  // namespace

void AddWebhookJobs(Transaction& transaction, int64_t domain_id, core::EventType type,
                    int64_t sequence, int64_t message) {
  const FanOutRow event = {sequence, static_cast<int>(type), message, kNoLimit, 0};
  const auto wanting = ListWanting(transaction, domain_id, event, kMostAtOnce + 1);
  if (wanting.empty()) return;
  // What waits goes first, or an endpoint might hear of a message's events in another order.
  if (wanting.size() > kMostAtOnce || FirstFanOut(transaction, domain_id)) {
    AddFanOut(transaction, domain_id, event);
    transaction.notes().webhook_fan_outs = true;
  } else {
    InsertJobs(transaction, event, wanting);
  }
}

int64_t WebhookJobStore::NextFanOut(int64_t after) {
  return NextEndpoint(connection_,
                      "SELECT domain_id FROM webhook_fan_outs WHERE domain_id > ? "
                      "ORDER BY 1 LIMIT 1",
                      after)
      .value_or(0);
}

void WebhookJobStore::FanOut(Transaction& transaction, int64_t domain_id, size_t most) {
  for (size_t left = most; left > 0;) {
    const auto event = FirstFanOut(connection_, domain_id);
    if (!event) return;
    const auto wanting = ListWanting(connection_, domain_id, *event, left);
    InsertJobs(transaction, *event, wanting);
    if (wanting.size() == left) {
      Query(connection_,
            "UPDATE webhook_fan_outs SET after_webhook = ? WHERE domain_id = ? AND sequence = ?")
          .Bind(wanting.back().id, domain_id, event->sequence)
          .Run();
      return;
    }
    Query(connection_, "DELETE FROM webhook_fan_outs WHERE domain_id = ? AND sequence = ?")
        .Bind(domain_id, event->sequence)
        .Run();
    left -= std::max<size_t>(wanting.size(), 1);
  }
}

std::vector<int64_t> WebhookJobStore::ListEndpoints(int64_t after, size_t most) {
  std::vector<int64_t> endpoints;
  while (endpoints.size() < most) {
    const auto fresh = NextEndpoint(
        connection_, "SELECT endpoint FROM webhook_jobs WHERE endpoint > ? ORDER BY 1 LIMIT 1",
        after);
    const auto retry = NextEndpoint(
        connection_, "SELECT endpoint FROM webhook_retries WHERE endpoint > ? ORDER BY 1 LIMIT 1",
        after);
    if (!fresh && !retry) break;
    after = std::min(fresh.value_or(std::numeric_limits<int64_t>::max()),
                     retry.value_or(std::numeric_limits<int64_t>::max()));
    endpoints.push_back(after);
  }
  return endpoints;
}

std::vector<WebhookJob> WebhookJobStore::ListNew(int64_t endpoint, size_t most) {
  Query query(connection_,
              "SELECT sequence, webhook_id, message, 0 FROM webhook_jobs WHERE endpoint = ? "
              "ORDER BY sequence, webhook_id LIMIT ?");
  query.Bind(endpoint, most);
  return ReadJobs(query, endpoint, false);
}

std::vector<WebhookJob> WebhookJobStore::ListDue(int64_t endpoint, UnixMillis now, size_t most) {
  Query query(connection_,
              "SELECT sequence, webhook_id, message, attempts FROM webhook_retries "
              "WHERE endpoint = ? AND next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?");
  query.Bind(endpoint, now, most);
  return ReadJobs(query, endpoint, true);
}

std::vector<WebhookJob> WebhookJobStore::ListRetries(int64_t endpoint, size_t most) {
  Query query(connection_,
              "SELECT sequence, webhook_id, message, attempts FROM webhook_retries "
              "WHERE endpoint = ? LIMIT ?");
  query.Bind(endpoint, most);
  return ReadJobs(query, endpoint, true);
}

UnixMillis WebhookJobStore::NextDue(int64_t endpoint) {
  Query query(connection_,
              "SELECT next_attempt_at FROM webhook_retries WHERE endpoint = ? AND "
              "next_attempt_at < ? ORDER BY next_attempt_at LIMIT 1");
  return query.Bind(endpoint, kHeldUntil).Step() ? query.Value<UnixMillis>() : 0;
}

bool WebhookJobStore::IsHeld(int64_t endpoint, int64_t message) {
  Query query(connection_,
              "SELECT 1 FROM webhook_retries WHERE endpoint = ? AND message = ? LIMIT 1");
  return query.Bind(endpoint, message).Step();
}

int64_t WebhookJobStore::CountOfWebhook(const core::Webhook& webhook) {
  Query query(connection_,
              "SELECT (SELECT count(*) FROM webhook_jobs WHERE endpoint = ?1 AND webhook_id = ?2) "
              "+ (SELECT count(*) FROM webhook_retries WHERE endpoint = ?1 AND webhook_id = ?2)");
  query.Bind(webhook.endpoint, webhook.id).Step();
  return query.Value<int64_t>();
}

bool WebhookJobStore::Settle(const WebhookResult& result) {
  if (!Remove(result.job)) return false;
  if (IsAttempt(result.outcome)) Log(result);
  if (result.outcome == WebhookOutcome::kRetry) {
    Retry(result);
  } else if (result.outcome == WebhookOutcome::kHeld) {
    Hold(result);
  } else if (result.job.waited) {
    ReleaseNext(result.job, result.at);
  }
  return true;
}

bool WebhookJobStore::Remove(const WebhookJob& job) {
  if (!job.waited) {
    return Query(connection_,
                 "DELETE FROM webhook_jobs WHERE endpoint = ? AND sequence = ? AND webhook_id = ?")
               .Bind(job.endpoint, job.sequence, job.webhook_id)
               .Run() > 0;
  }
  return Query(connection_,
               "DELETE FROM webhook_retries "
               "WHERE endpoint = ? AND message = ? AND sequence = ? AND webhook_id = ?")
             .Bind(job.endpoint, job.message, job.sequence, job.webhook_id)
             .Run() > 0;
}

void WebhookJobStore::Retry(const WebhookResult& result) {
  const WebhookJob& job = result.job;
  Query(connection_,
        "INSERT INTO webhook_retries VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (endpoint, message, sequence, webhook_id) DO UPDATE SET "
        "attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at")
      .Bind(job.endpoint, job.message, job.sequence, job.webhook_id, job.attempts + 1,
            result.next_attempt_at)
      .Run();
}

// What held it back when it was read may be gone by now, and would not come back to release it.
void WebhookJobStore::Hold(const WebhookResult& result) {
  const WebhookJob& job = result.job;
  const UnixMillis until = IsHeld(job.endpoint, job.message) ? kHeldUntil : result.at;
  Query(connection_,
        "INSERT INTO webhook_retries VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (endpoint, message, sequence, webhook_id) DO UPDATE SET "
        "attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at")
      .Bind(job.endpoint, job.message, job.sequence, job.webhook_id, job.attempts, until)
      .Run();
}

void WebhookJobStore::ReleaseNext(const WebhookJob& job, UnixMillis now) {
  Query next(connection_,
             "SELECT sequence, webhook_id FROM webhook_retries WHERE endpoint = ? AND message = ? "
             "ORDER BY sequence, webhook_id LIMIT 1");
  if (!next.Bind(job.endpoint, job.message).Step()) return;
  int64_t sequence = 0, webhook_id = 0;
  next.Read(sequence, webhook_id);
  Query(connection_,
        "UPDATE webhook_retries SET next_attempt_at = ? WHERE endpoint = ? AND message = ? "
        "AND sequence = ? AND webhook_id = ? AND next_attempt_at = ?")
      .Bind(now, job.endpoint, job.message, sequence, webhook_id, kHeldUntil)
      .Run();
}

void WebhookJobStore::Log(const WebhookResult& result) {
  Query query(connection_,
              "INSERT INTO webhook_attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
              "ON CONFLICT (webhook_id, at, sequence, attempt) DO UPDATE SET "
              "outcome = excluded.outcome, status = excluded.status, "
              "latency_ms = excluded.latency_ms, next_attempt_at = excluded.next_attempt_at, "
              "response = excluded.response, error = excluded.error");
  query.Bind(result.job.webhook_id, result.at, result.job.sequence, result.job.attempts + 1);
  query.Bind(static_cast<int>(result.outcome), result.status, result.latency_ms,
             result.next_attempt_at, result.response, result.error);
  query.Run();
}

std::vector<WebhookAttempt> WebhookJobStore::ListAttempts(const WebhookAttemptFilter& filter,
                                                          int64_t offset, int64_t limit) {
  Query query(connection_,
              "SELECT sequence, attempt, outcome, at, next_attempt_at, status, latency_ms, "
              "response, error " +
                  Matching(filter) + " ORDER BY at DESC, sequence DESC LIMIT ? OFFSET ?");
  BindFilter(query, filter);
  query.Bind(limit, offset);
  std::vector<WebhookAttempt> attempts;
  while (query.Step()) {
    WebhookAttempt& attempt = attempts.emplace_back();
    query.Read(attempt.sequence, attempt.attempt);
    attempt.outcome = static_cast<WebhookOutcome>(query.Value<int>());
    query.Read(attempt.at, attempt.next_attempt_at, attempt.status, attempt.latency_ms,
               attempt.response, attempt.error);
  }
  return attempts;
}

int64_t WebhookJobStore::CountAttempts(const WebhookAttemptFilter& filter) {
  Query query(connection_, "SELECT count(*) " + Matching(filter));
  BindFilter(query, filter);
  query.Step();
  return query.Value<int64_t>();
}

size_t WebhookJobStore::Replay(WebhookReplay& replay, size_t most, UnixMillis now) {
  Query events(
      connection_,
      "SELECT at, sequence, message FROM events INDEXED BY events_by_domain "
      "WHERE domain_id = ? AND type = ? AND at BETWEEN ? AND ? AND (at > ? OR sequence > ?) "
      "AND sequence BETWEEN ? AND ? ORDER BY at, sequence LIMIT ?");
  events.Bind(replay.webhook.domain_id, static_cast<int>(replay.webhook.event));
  events.Bind(std::max(replay.since, replay.after_at), replay.until);
  events.Bind(replay.after_at, replay.after_sequence);
  events.Bind(replay.first_sequence, replay.last_sequence, most);
  size_t found = 0;
  for (; events.Step(); ++found) {
    WebhookJob job;
    job.endpoint = replay.webhook.endpoint;
    job.webhook_id = replay.webhook.id;
    events.Read(replay.after_at, job.sequence, job.message);
    replay.after_sequence = job.sequence;
    Repeat(job, now);
  }
  return found;
}

void WebhookJobStore::Repeat(const WebhookJob& job, UnixMillis now) {
  Query waiting(connection_,
                "SELECT 1 FROM webhook_retries "
                "WHERE endpoint = ? AND message = ? AND sequence = ? AND webhook_id = ?");
  if (!waiting.Bind(job.endpoint, job.message, job.sequence, job.webhook_id).Step()) {
    Query(connection_, "INSERT INTO webhook_jobs VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .Bind(job.endpoint, job.sequence, job.webhook_id, job.message)
        .Run();
    return;
  }
  Query(connection_,
        "UPDATE webhook_retries SET next_attempt_at = ? WHERE endpoint = ? AND message = ? "
        "AND sequence = ? AND webhook_id = ? AND next_attempt_at <> ?")
      .Bind(now, job.endpoint, job.message, job.sequence, job.webhook_id, kHeldUntil)
      .Run();
}

size_t WebhookJobStore::PurgeAttempts(UnixMillis before, size_t most) {
  size_t purged = 0;
  std::optional<int64_t> webhook = -1;
  while (purged < most) {
    webhook = NextEndpoint(
        connection_,
        "SELECT webhook_id FROM webhook_attempts WHERE webhook_id > ? ORDER BY 1 LIMIT 1",
        *webhook);
    if (!webhook) break;
    purged +=
        size_t(Query(connection_,
                     "DELETE FROM webhook_attempts WHERE (webhook_id, at, sequence, attempt) IN "
                     "(SELECT webhook_id, at, sequence, attempt FROM webhook_attempts "
                     "WHERE webhook_id = ?1 AND (at < ?2 OR NOT EXISTS "
                     "(SELECT 1 FROM webhooks WHERE id = ?1)) LIMIT ?3)")
                   .Bind(*webhook, before, most - purged)
                   .Run());
  }
  return purged;
}

}  // namespace egd::store
