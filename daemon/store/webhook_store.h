// Webhook subscriptions of sender domains.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/webhook.h"
#include "daemon/store/connection.h"

namespace egd::store {

// Methods throw on database failure only. Bound to its connection: use within one job.
class WebhookStore {
 public:
  explicit WebhookStore(Connection& connection) : connection_(connection) {}

  std::optional<core::Webhook> Find(int64_t id);
  std::vector<core::Webhook> List(int64_t domain_id);           // by id
  std::vector<core::Webhook> ListOfEndpoint(int64_t endpoint);  // by id
  std::vector<core::Webhook> ListFailing(size_t most);          // everybody's; by id
  int64_t OwnerOf(int64_t endpoint);                            // a user; 0: it is gone
  int64_t Count(int64_t domain_id);
  void Insert(core::Webhook& webhook);         // gives webhook.id and webhook.endpoint
  bool Delete(int64_t domain_id, int64_t id);  // false: absent or another domain's

  // Of all webhooks of an endpoint.
  void SetFailingSince(int64_t endpoint, UnixMillis at);
  void Disable(int64_t endpoint, UnixMillis at, const std::string& reason);
  void Enable(int64_t endpoint);  // and forgets its failures

 private:
  Connection& connection_;
};

}  // namespace egd::store
