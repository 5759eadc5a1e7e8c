// Webhook subscriptions of sender domains: who is told of which events (contract section 7).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/ip_network.h"
#include "daemon/core/webhook.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

struct SigningKeyAndWebhooks {
  std::string signing_key;  // "whsec_<base64>", in the clear: for the domain's owner alone
  std::vector<core::Webhook> webhooks;  // oldest first
};

// A domain of another user is kNotFound, as one that is not there. Owned by Daemon. Thread-safe;
// blocks on the store and also returns its kUnavailable and kInternal.
class WebhookSubscriptions {
 public:
  WebhookSubscriptions(store::Store& store, const auth::Vault& vault, const Clock& clock,
                       core::AddressGuard guard)
      : store_(store), vault_(vault), clock_(clock), guard_(std::move(guard)) {}

  // Gives the webhook's id. kInvalidArgument: no http or https URL; kForbidden: it names an address
  // that is not to be connected to. A host name is judged when it is connected to.
  Result<int64_t> Add(int64_t user_id, core::Webhook webhook);
  Result<SigningKeyAndWebhooks> List(int64_t user_id, int64_t domain_id);
  // Makes a new signing key and gives it as "whsec_<base64>", for its owner alone. The one before
  // signs too for `overlap`; zero: all older keys stop at once. kNotFound.
  Result<std::string> RegenerateSigningKey(int64_t user_id, int64_t domain_id,
                                           std::chrono::seconds overlap);
  // kNotFound: the domain. False: the domain has no such webhook.
  Result<bool> Delete(int64_t user_id, int64_t domain_id, int64_t id);

 private:
  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
  const core::AddressGuard guard_;
};

}  // namespace egd::service
