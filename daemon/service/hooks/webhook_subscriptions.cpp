#include "daemon/service/hooks/webhook_subscriptions.h"

#include <algorithm>
#include <utility>

#include "daemon/http_client/http_url.h"
#include "daemon/service/accounts/ownership.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/store/signing_key_store.h"
#include "daemon/store/webhook_store.h"
#include "shared/base/encoding.h"
#include "shared/base/log.h"
#include "shared/base/random.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

Error ForbiddenAddress(const std::string& host) {
  return Forbidden("WebhookURL points at a forbidden address: " + host);
}

std::string Shown(const std::string& signing_key) {
  return "whsec_" + Base64(signing_key);
}

}  // namespace

Result<AddedWebhook> WebhookSubscriptions::Add(int64_t user_id, core::Webhook webhook) {
  const auto url = http_client::ParseHttpUrl(webhook.url);
  if (!url) return InvalidArgument("WebhookURL " + url.error().public_text);
  if (url->address && !guard_.Allows(*url->address)) return ForbiddenAddress(url->host);
  const auto found = store_.Read(
      [&](store::Connection& c) { return FindOwnDomain(c, user_id, webhook.domain_id); });
  if (!found) return found.error();
  AddedWebhook added;
  if (!url->address) {
    auto warning = LookUpHost(user_id, url->host);
    if (!warning) return warning.error();
    added.warning = *std::move(warning);
  }
  webhook.created_at = clock_.Now();
  return store_.Write([&](store::Transaction& tx) -> Result<AddedWebhook> {
    const auto domain = FindOwnDomain(tx, user_id, webhook.domain_id);
    if (!domain) return domain.error();
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kWebhooks, webhook.domain_id);
    if (!allowed) return Unprocessable(allowed.error().public_text);
    store::WebhookStore(tx).Insert(webhook);
    added.id = webhook.id;
    return added;
  });
}

// A warning, or kForbidden where every address of the host is.
Result<std::string> WebhookSubscriptions::LookUpHost(int64_t user_id, const std::string& host) {
  mailauth::DnsFacts facts;
  std::vector<std::string> addresses;
  bool unknown = false;
  const auto check = [&] {
    addresses.clear();
    unknown = false;
    for (const core::DnsType type : {core::DnsType::kA, core::DnsType::kAaaa}) {
      const core::DnsAnswer& answer = facts.Find(host, type);
      addresses.insert(addresses.end(), answer.values.begin(), answer.values.end());
      unknown = unknown || answer.status == core::DnsStatus::kTempError;
    }
  };
  rounds_.Run(user_id, facts, check, kHookLookUp);
  const auto is_allowed = [&](const std::string& text) {
    const auto address = core::IpAddress::Parse(text);
    return address && guard_.Allows(*address);
  };
  if (std::ranges::any_of(addresses, is_allowed)) return std::string();
  if (!addresses.empty()) return ForbiddenAddress(host + " (" + Join(addresses, ", ") + ")");
  return "The host " + host +
         (unknown ? " could not be looked up: the DNS did not answer."
                  : " has no address in the DNS yet. Events are posted once it has one.");
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
