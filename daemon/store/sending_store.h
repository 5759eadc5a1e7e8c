// What decides whether a domain may send, and how: one row over domain and user, read for every
// message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/core/domain.h"
#include "daemon/store/connection.h"

namespace egd::store {

struct SendingFacts {
  std::string domain_name;
  core::DomainStatus domain_status = core::DomainStatus::kApprovalPending;
  bool link_tracking = false;
  bool open_tracking = false;
  bool unsubscribe_link = false;
  int64_t user_id = 0;
  bool user_enabled = false;
  bool user_verified = false;
  bool user_trusted = false;
  std::string mfrom_host;
  int64_t monthly_send_limit = 0;    // recipients; 0: unlimited
  int64_t send_rate_per_minute = 0;  // recipients; 0: unlimited
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SendingStore {
 public:
  explicit SendingStore(Connection& connection) : connection_(connection) {}

  std::optional<SendingFacts> Find(int64_t domain_id);

 private:
  Connection& connection_;
};

}  // namespace egd::store
