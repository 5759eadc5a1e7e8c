// A user of the gateway: who owns sender domains, and what it may do. A value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/clock.h"

namespace egd::core {

struct User {
  int64_t id = 0;
  std::string username;       // unique without case
  std::string email_address;  // unique without case
  std::string password_hash;  // Argon2id, PHC string; empty: cannot log in by password
  std::string first_name;
  std::string last_name;
  std::string company_name;
  bool enabled = true;  // AccountStatus Enabled / Disabled
  bool trusted = true;  // ReputationLevel Trusted / Untrusted
  bool verified = true;
  int64_t max_sender_domains = 0;    // 0: unlimited
  int64_t monthly_send_limit = 0;    // recipients; 0: unlimited
  int64_t send_rate_per_minute = 0;  // recipients; 0: unlimited
  std::vector<std::string> permissions = {"EmailGateway.AddDomain", "EmailGateway.ManageDomain"};
  UnixMillis created_at = 0;
};

}  // namespace egd::core
