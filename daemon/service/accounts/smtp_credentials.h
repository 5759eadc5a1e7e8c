// SMTP credentials: what an application submits a domain's mail over SMTP with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

struct SmtpCredentials {
  int64_t id = 0;
  std::string username;
  std::string password;     // of new ones only: the store keeps its digest
  std::string description;  // what they are for, or empty
  bool is_test = false;     // what they submit never leaves the gateway
};

// A domain or credentials of another user are kNotFound, as ones that are not there. Owned by
// Daemon. Thread-safe; blocks on the store and also returns its kUnavailable and kInternal.
class SmtpCredentialService {
 public:
  SmtpCredentialService(store::Store& store, const Clock& clock,
                        const config::Config::Limits& limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  // kForbidden: the domain has too many.
  Result<SmtpCredentials> Add(int64_t user_id, int64_t domain_id,
                              const std::string& description = {}, bool is_test = false);
  Result<std::vector<SmtpCredentials>> List(int64_t user_id, int64_t domain_id);  // oldest first
  Result<void> Delete(int64_t user_id, int64_t id);
  Result<SmtpCredentials> ResetPassword(int64_t user_id, int64_t id);
  // The credentials of that user name, and whether the password is theirs; nothing for an unknown
  // name, which takes as long.
  struct Match {
    int64_t domain_id = 0;
    std::string password_digest;
    bool right = false;
    bool is_test = false;
  };
  Result<std::optional<Match>> FindMatch(const std::string& username, const std::string& password);

 private:
  store::Store& store_;
  const Clock& clock_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
