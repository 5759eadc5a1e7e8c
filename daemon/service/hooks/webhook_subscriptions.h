// Webhook subscriptions of sender domains: who is told of which events (contract section 7).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/ip_network.h"
#include "daemon/core/webhook.h"
#include "daemon/service/domains/dns_rounds.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

// Shorter than a client's patience: what is not known then shows when something is sent.
constexpr std::chrono::milliseconds kHookLookUp = std::chrono::seconds(3);

struct AddedWebhook {
  int64_t id = 0;
  std::string warning = {};  // a sentence; empty: none
};

struct SigningKeyAndWebhooks {
  std::string signing_key;  // "whsec_<base64>", in the clear: for the domain's owner alone
  std::vector<core::Webhook> webhooks;  // oldest first
};

// A domain of another user is kNotFound, as one that is not there. Owned by Daemon. Thread-safe;
// blocks on the store and, where it says so, the DNS, and also returns its kUnavailable and
// kInternal.
class WebhookSubscriptions {
 public:
  WebhookSubscriptions(store::Store& store, DnsRounds& rounds, const auth::Vault& vault,
                       const Clock& clock, core::AddressGuard guard,
                       const config::Config::Limits& limits = {})
      : store_(store),
        vault_(vault),
        clock_(clock),
        guard_(std::move(guard)),
        rounds_(rounds),
        limits_(limits) {}

  // kInvalidArgument: no URL that a request could be made to; kForbidden: it leads to an address
  // that is not to be connected to; kUnprocessable: the domain has too many. Looks the host up, for
  // kHookLookUp at most: one that has no address yet is taken, with a warning, and judged whenever
  // it is connected to, as all are.
  Result<AddedWebhook> Add(int64_t user_id, core::Webhook webhook);
  Result<SigningKeyAndWebhooks> List(int64_t user_id, int64_t domain_id);
  // Makes a new signing key and gives it as "whsec_<base64>", for its owner alone. The one before
  // signs too for `overlap`; zero: all older keys stop at once. kNotFound.
  Result<std::string> RegenerateSigningKey(int64_t user_id, int64_t domain_id,
                                           std::chrono::seconds overlap);
  // kNotFound: the domain. False: the domain has no such webhook.
  Result<bool> Delete(int64_t user_id, int64_t domain_id, int64_t id);

 private:
  Result<std::string> LookUpHost(int64_t user_id, const std::string& host);

  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
  const core::AddressGuard guard_;
  DnsRounds& rounds_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
