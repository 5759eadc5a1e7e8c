#include "daemon/service/webhook_subscriptions.h"

#include <utility>

#include "daemon/service/domain_secrets.h"
#include "daemon/service/own_domain.h"
#include "daemon/store/webhook_store.h"
#include "daemon/webhooks/webhook_url.h"
#include "shared/base/encoding.h"

namespace egd::service {

Result<int64_t> WebhookSubscriptions::Add(int64_t user_id, core::Webhook webhook) {
  const auto url = webhooks::ParseWebhookUrl(webhook.url);
  if (!url) return InvalidArgument("WebhookURL is not an http or https URL");
  if (url->address && !guard_.Allows(*url->address)) {
    return Forbidden("WebhookURL points at a forbidden address");
  }
  webhook.created_at = clock_.Now();
  return store_.Write([&](store::Transaction& tx) -> Result<int64_t> {
    const auto domain = FindOwnDomain(tx, user_id, webhook.domain_id);
    if (!domain) return domain.error();
    store::WebhookStore(tx).Insert(webhook);
    return webhook.id;
  });
}

Result<SigningKeyAndWebhooks> WebhookSubscriptions::List(int64_t user_id, int64_t domain_id) {
  return store_.Read([&](store::Connection& connection) -> Result<SigningKeyAndWebhooks> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    const auto key = OpenSigningKey(*domain, vault_);
    if (!key) return key.error();
    return SigningKeyAndWebhooks{"whsec_" + Base64(*key),
                                 store::WebhookStore(connection).List(domain_id)};
  });
}

Result<bool> WebhookSubscriptions::Delete(int64_t user_id, int64_t domain_id, int64_t id) {
  return store_.Write([&](store::Transaction& tx) -> Result<bool> {
    const auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain.error();
    return store::WebhookStore(tx).Delete(domain_id, id);
  });
}

}  // namespace egd::service
