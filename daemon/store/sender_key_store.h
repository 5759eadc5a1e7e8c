// Sender keys (eg_live_…), each bound to one domain. Looked up by digest; kept sealed as well,
// because getapis shows them again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/domain.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct SenderKey {
  int64_t id = 0;
  int64_t domain_id = 0;
  std::string digest;  // SHA-256 of the key, raw bytes
  std::string sealed;  // the key under the master key
  std::string description;
  UnixMillis created_at = 0;
  bool is_test = false;
};

// What a sender key opens, with the facts that decide whether a send is allowed.
struct SenderGrant {
  int64_t key_id = 0;
  int64_t domain_id = 0;
  bool is_test = false;
  std::string domain_name;
  core::DomainStatus domain_status = core::DomainStatus::kApprovalPending;
  int64_t user_id = 0;
  bool user_enabled = false;
  bool user_verified = false;
  bool user_trusted = false;
  int64_t monthly_send_limit = 0;
  int64_t send_rate_per_minute = 0;
  std::vector<std::string> permissions;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SenderKeyStore {
 public:
  explicit SenderKeyStore(Connection& connection) : connection_(connection) {}

  std::optional<SenderGrant> FindByDigest(const std::string& digest);
  std::optional<SenderKey> Find(int64_t id);
  std::vector<SenderKey> List(int64_t domain_id);  // by id
  void Insert(SenderKey& key);                     // gives key.id
  bool Delete(int64_t domain_id, int64_t id);      // false: absent or another domain's
  int64_t DeleteAll(int64_t domain_id);
  // All keys of key.domain_id stop, `key` starts: in one transaction. Gives key.id.
  void ReplaceAll(SenderKey& key);

 private:
  Connection& connection_;
};

}  // namespace egd::store
