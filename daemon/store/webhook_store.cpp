#include "daemon/store/webhook_store.h"

#include <utility>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

std::vector<core::Webhook> ListWhere(Connection& connection, std::string_view condition,
                                     int64_t key) {
  Query query(connection, std::string("SELECT id, domain_id, event, event_word, url, created_at, "
                                      "endpoint, failing_since, disabled_at, disabled_reason "
                                      "FROM webhooks WHERE ")
                              .append(condition)
                              .append(" ORDER BY id"));
  query.Bind(key);
  std::vector<core::Webhook> webhooks;
  while (query.Step()) {
    auto& webhook = webhooks.emplace_back();
    query.Read(webhook.id, webhook.domain_id);
    webhook.event = static_cast<core::EventType>(query.Value<int>());
    query.Read(webhook.event_word, webhook.url, webhook.created_at, webhook.endpoint,
               webhook.failing_since, webhook.disabled_at, webhook.disabled_reason);
  }
  return webhooks;
}

// 0: no other webhook of the domain has this URL.
int64_t EndpointOf(Connection& connection, int64_t domain_id, const std::string& url) {
  Query query(connection, "SELECT endpoint FROM webhooks WHERE domain_id = ? AND url = ? LIMIT 1");
  return query.Bind(domain_id, url).Step() ? query.Value<int64_t>() : 0;
}

}  // namespace

std::optional<core::Webhook> WebhookStore::Find(int64_t id) {
  auto found = ListWhere(connection_, "id = ?", id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<core::Webhook> WebhookStore::List(int64_t domain_id) {
  return ListWhere(connection_, "domain_id = ?", domain_id);
}

std::vector<core::Webhook> WebhookStore::ListOfEndpoint(int64_t endpoint) {
  return ListWhere(connection_, "endpoint = ?", endpoint);
}

std::vector<core::Webhook> WebhookStore::ListFailing(size_t most) {
  return ListWhere(connection_,
                   "id IN (SELECT id FROM webhooks WHERE failing_since > 0 OR disabled_at > 0 "
                   "ORDER BY id LIMIT ?)",
                   int64_t(most));
}

int64_t WebhookStore::OwnerOf(int64_t endpoint) {
  Query query(connection_,
              "SELECT d.user_id FROM webhooks w JOIN domains d ON d.id = w.domain_id "
              "WHERE w.endpoint = ? LIMIT 1");
  return query.Bind(endpoint).Step() ? query.Value<int64_t>() : 0;
}

int64_t WebhookStore::Count(int64_t domain_id) {
  Query query(connection_, "SELECT count(*) FROM webhooks WHERE domain_id = ?");
  query.Bind(domain_id).Step();
  return query.Value<int64_t>();
}

void WebhookStore::Insert(core::Webhook& webhook) {
  const int64_t endpoint = EndpointOf(connection_, webhook.domain_id, webhook.url);
  webhook.id =
      Query(connection_,
            "INSERT INTO webhooks (domain_id, event, event_word, url, created_at, endpoint) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id")
          .Bind(webhook.domain_id, static_cast<int>(webhook.event), webhook.event_word, webhook.url,
                webhook.created_at, endpoint)
          .Returned();
  webhook.endpoint = endpoint != 0 ? endpoint : webhook.id;
  if (endpoint == 0) {
    Query(connection_, "UPDATE webhooks SET endpoint = id WHERE id = ?").Bind(webhook.id).Run();
  } else {
    Enable(endpoint);  // its owner says that it lives
  }
}

bool WebhookStore::Delete(int64_t domain_id, int64_t id) {
  return Query(connection_, "DELETE FROM webhooks WHERE id = ? AND domain_id = ?")
             .Bind(id, domain_id)
             .Run() > 0;
}

void WebhookStore::SetFailingSince(int64_t endpoint, UnixMillis at) {
  Query(connection_, "UPDATE webhooks SET failing_since = ? WHERE endpoint = ?")
      .Bind(at, endpoint)
      .Run();
}

void WebhookStore::Disable(int64_t endpoint, UnixMillis at, const std::string& reason) {
  Query(connection_, "UPDATE webhooks SET disabled_at = ?, disabled_reason = ? WHERE endpoint = ?")
      .Bind(at, reason, endpoint)
      .Run();
}

void WebhookStore::Enable(int64_t endpoint) {
  Query(connection_,
        "UPDATE webhooks SET failing_since = 0, disabled_at = 0, disabled_reason = '' "
        "WHERE endpoint = ?")
      .Bind(endpoint)
      .Run();
}

}  // namespace egd::store
