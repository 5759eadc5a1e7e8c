// Webhook subscriptions of sender domains.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/core/webhook.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class WebhookStore {
 public:
  explicit WebhookStore(Connection& connection) : connection_(connection) {}

  std::vector<core::Webhook> List(int64_t domain_id);  // by id
  int64_t Count(int64_t domain_id);
  void Insert(core::Webhook& webhook);         // gives webhook.id
  bool Delete(int64_t domain_id, int64_t id);  // false: absent or another domain's

 private:
  Connection& connection_;
};

}  // namespace egd::store
