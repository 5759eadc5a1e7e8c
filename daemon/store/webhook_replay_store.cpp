#include "daemon/store/webhook_replay_store.h"

#include "daemon/store/query.h"

namespace egd::store {

void WebhookReplayStore::Add(const WebhookReplay& replay, UnixMillis at) {
  const core::Webhook& webhook = replay.webhook;
  Query(connection_,
        "INSERT INTO webhook_replays (domain_id, webhook_id, event, first_sequence, last_sequence, "
        "since, at) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(webhook.domain_id, webhook.id, int(webhook.event), replay.first_sequence,
            replay.last_sequence, replay.since, at)
      .Run();
  Query(connection_,
        "DELETE FROM webhook_replays WHERE domain_id = ?1 AND id NOT IN (SELECT id FROM "
        "webhook_replays WHERE domain_id = ?1 ORDER BY id DESC LIMIT ?2)")
      .Bind(webhook.domain_id, kReplaysKept)
      .Run();
}

std::vector<LoggedReplay> WebhookReplayStore::List(int64_t domain_id, int64_t after) {
  Query query(connection_,
              "SELECT id, webhook_id, event, first_sequence, last_sequence, since, at "
              "FROM webhook_replays WHERE domain_id = ? AND id > ? ORDER BY id");
  query.Bind(domain_id, after);
  std::vector<LoggedReplay> replays;
  while (query.Step()) {
    LoggedReplay& replay = replays.emplace_back();
    query.Read(replay.id, replay.webhook_id);
    replay.event = static_cast<core::EventType>(query.Value<int>());
    query.Read(replay.first_sequence, replay.last_sequence, replay.since, replay.at);
  }
  return replays;
}

int64_t WebhookReplayStore::LastId(int64_t domain_id) {
  Query query(connection_, "SELECT max(id) FROM webhook_replays WHERE domain_id = ?");
  return query.Bind(domain_id).Step() ? query.Value<int64_t>() : 0;
}

}  // namespace egd::store
