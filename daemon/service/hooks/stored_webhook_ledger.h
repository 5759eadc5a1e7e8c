// The webhook sender's memory (core/webhook_delivery.h) over the store. Policy:
//  - A post is composed and signed when it is taken, with every signing key in force then; its
//    webhook-id is made of webhook and event, so a replay has it too.
//  - Jobs of a user or domain that is suspended fail without an attempt, and can be replayed.
//  - An endpoint that has answered nothing but failures for 5 days is disabled, with its reason;
//    what waits for it is dropped, and can be replayed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/event.h"
#include "daemon/core/webhook.h"
#include "daemon/core/webhook_delivery.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

constexpr UnixMillis kDisableAfter = 5 * kDayMillis;

// Owned by Daemon. Thread-safe.
class StoredWebhookLedger : public core::WebhookLedger {
 public:
  StoredWebhookLedger(store::Store& store, const auth::Vault& vault, const Clock& clock)
      : store_(store), vault_(vault), clock_(clock) {}

  Result<core::WebhookBatch> Load(int64_t endpoint, size_t most,
                                  const core::WebhooksInHand& in_hand) override;
  Result<int64_t> OwnerOf(int64_t endpoint) override;
  Result<std::vector<int64_t>> ListEndpoints(int64_t after, size_t most) override;
  void Record(std::vector<core::WebhookResult> results,
              std::function<void(Result<void>)> done) override;

 private:
  store::Store& store_;
  const auth::Vault& vault_;
  const Clock& clock_;
};

// `event` posted to `webhook` now under this webhook-id, signed with `keys` (raw).
core::WebhookPost SignedPost(const core::Webhook& webhook, const core::Event& event, std::string id,
                             const std::vector<std::string>& keys, UnixMillis now);

}  // namespace egd::service
