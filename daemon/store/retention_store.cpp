#include "daemon/store/retention_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

// Finished for good: a send to a list can run out of recipients and get more.
constexpr std::string_view kFinished =
    "FROM finished_messages f JOIN contents c ON c.message = f.message "
    "WHERE NOT EXISTS (SELECT 1 FROM list_sends l WHERE l.message = f.message) "
    "AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message = f.message) ";

}  // namespace

ExpiredPart RetentionStore::Measure(std::string_view sql, std::vector<int64_t> values) {
  Query query(connection_, sql);
  for (const int64_t value : values) query.Bind(value);
  ExpiredPart part;
  query.Step();
  query.Read(part.entries, part.bytes, part.oldest_at);
  return part;
}

ExpiredPart RetentionStore::FinishedContents(UnixMillis finished_before) {
  return Measure("SELECT count(*), sum(c.length + length(c.content)), min(f.finished_at) " +
                     std::string(kFinished) + "AND f.finished_at < ?",
                 {finished_before});
}

int64_t RetentionStore::ContentBytes() {
  return OneInteger(connection_, "SELECT bytes FROM contents_total");
}

ExpiredPart RetentionStore::ContentsBeyond(int64_t most_bytes, UnixMillis finished_from) {
  ExpiredPart part;
  const int64_t excess = ContentBytes() - FinishedContents(finished_from).bytes - most_bytes;
  if (excess <= 0) return part;
  Query query(connection_, "SELECT c.length + length(c.content), f.finished_at " +
                               std::string(kFinished) +
                               "AND f.finished_at >= ? ORDER BY f.finished_at, f.message");
  query.Bind(finished_from);
  while (part.bytes < excess && query.Step()) {
    int64_t bytes = 0;
    UnixMillis at = 0;
    query.Read(bytes, at);
    if (part.entries++ == 0) part.oldest_at = at;
    part.bytes += bytes;
  }
  return part;
}

std::vector<ExpiredEvents> RetentionStore::Events(UnixMillis before, UnixMillis now) {
  Query query(connection_,
              "SELECT type, count(*), min(at) FROM events WHERE at < ? OR "
              "(at > ? AND EXISTS (SELECT 1 FROM events o WHERE o.at < ?)) GROUP BY type");
  query.Bind(before, now, before);
  std::vector<ExpiredEvents> events;
  while (query.Step()) {
    ExpiredEvents& one = events.emplace_back();
    one.type = static_cast<core::EventType>(query.Value<int>());
    query.Read(one.part.entries, one.part.oldest_at);
  }
  return events;
}

ExpiredPart RetentionStore::Messages(UnixMillis accepted_before) {
  return Measure(
      "SELECT count(*), 0, min(m.accepted_at) FROM messages m WHERE m.accepted_at < ?1 "
      "AND NOT EXISTS (SELECT 1 FROM events e WHERE e.message = m.number AND e.at >= ?1) "
      "AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.message = m.number) "
      "AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message = m.number)",
      {accepted_before});
}

ExpiredPart RetentionStore::Dialogues(UnixMillis before) {
  return Measure("SELECT count(*), 0, min(at) FROM attempts WHERE dialogue <> '' AND at < ?",
                 {before});
}

ExpiredPart RetentionStore::Captured(UnixMillis before) {
  return Measure("SELECT count(*), sum(size), min(at) FROM captured WHERE at < ?", {before});
}

ExpiredPart RetentionStore::IdempotencyAnswers(UnixMillis before) {
  return Measure("SELECT count(*), 0, min(created_at) FROM idempotency_keys WHERE created_at < ?",
                 {before});
}

ExpiredPart RetentionStore::WebhookAttempts(UnixMillis before) {
  return Measure("SELECT count(*), 0, min(at) FROM webhook_attempts WHERE at < ?", {before});
}

ExpiredPart RetentionStore::Inbound(UnixMillis now, int64_t most_bytes) {
  return Measure(
      "SELECT count(*), sum(kept), min(received_at) FROM (SELECT kept, received_at, expires_at, "
      "sum(kept) OVER (ORDER BY id DESC) AS newer FROM inbound) WHERE expires_at <= ? OR newer > ?",
      {now, most_bytes});
}

ExpiredPart RetentionStore::InboundOutcomes(UnixMillis before) {
  return Measure("SELECT count(*), 0, min(at) FROM inbound_outcomes WHERE at < ?", {before});
}

ExpiredPart RetentionStore::Sessions(UnixMillis last_used_before) {
  return Measure("SELECT count(*), 0, min(last_used_at) FROM sessions WHERE last_used_at < ?",
                 {last_used_before});
}

}  // namespace egd::store
