#include "daemon/store/webhook_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::vector<core::Webhook> WebhookStore::List(int64_t domain_id) {
  Query query(connection_,
              "SELECT id, event, event_word, url, created_at FROM webhooks WHERE domain_id = ?"
              " ORDER BY id");
  query.Bind(domain_id);
  std::vector<core::Webhook> webhooks;
  while (query.Step()) {
    auto& webhook = webhooks.emplace_back();
    webhook.domain_id = domain_id;
    int event = 0;
    query.Read(webhook.id, event, webhook.event_word, webhook.url, webhook.created_at);
    webhook.event = static_cast<core::EventType>(event);
  }
  return webhooks;
}

int64_t WebhookStore::Count(int64_t domain_id) {
  Query query(connection_, "SELECT count(*) FROM webhooks WHERE domain_id = ?");
  query.Bind(domain_id).Step();
  return query.Value<int64_t>();
}

void WebhookStore::Insert(core::Webhook& webhook) {
  Query(
      connection_,
      "INSERT INTO webhooks (domain_id, event, event_word, url, created_at) VALUES (?, ?, ?, ?, ?)")
      .Bind(webhook.domain_id, static_cast<int>(webhook.event), webhook.event_word, webhook.url,
            webhook.created_at)
      .Run();
  webhook.id = LastInsertId(connection_);
}

bool WebhookStore::Delete(int64_t domain_id, int64_t id) {
  return Query(connection_, "DELETE FROM webhooks WHERE id = ? AND domain_id = ?")
             .Bind(id, domain_id)
             .Run() > 0;
}

}  // namespace egd::store
