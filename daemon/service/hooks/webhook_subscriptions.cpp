#include "daemon/service/hooks/webhook_subscriptions.h"

#include <utility>

#include "daemon/http_client/http_url.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/store/signing_key_store.h"
#include "daemon/store/webhook_store.h"
#include "shared/base/encoding.h"
#include "shared/base/log.h"
#include "shared/base/random.h"

namespace egd::service {
namespace {

std::string Shown(const std::string& signing_key) {
  return "whsec_" + Base64(signing_key);
}

}  // namespace

Result<int64_t> WebhookSubscriptions::Add(int64_t user_id, core::Webhook webhook) {
  const auto url = http_client::ParseHttpUrl(webhook.url);
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
    return SigningKeyAndWebhooks{Shown(*key), store::WebhookStore(connection).List(domain_id)};
  });
}

Result<std::string> WebhookSubscriptions::RegenerateSigningKey(int64_t user_id, int64_t domain_id,
                                                               std::chrono::seconds overlap) {
  const std::string key = RandomBytes(kSigningKeyBytes);
  const UnixMillis now = clock_.Now();
  const UnixMillis until = now + std::chrono::milliseconds(overlap).count();
  const auto replaced = store_.Write([&](store::Transaction& tx) -> Result<void> {
    auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain.error();
    SealSigningKey(*domain, key, vault_);
    store::SigningKeyStore(tx).Replace(domain_id, domain->signing_key, now, until);
    return {};
  });
  if (!replaced) return replaced.error();
  log::Info("signing key regenerated", {{"domain", std::to_string(domain_id)},
                                        {"overlap_s", std::to_string(overlap.count())}});
  return Shown(key);
}

Result<bool> WebhookSubscriptions::Delete(int64_t user_id, int64_t domain_id, int64_t id) {
  return store_.Write([&](store::Transaction& tx) -> Result<bool> {
    const auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain.error();
    return store::WebhookStore(tx).Delete(domain_id, id);
  });
}

}  // namespace egd::service
