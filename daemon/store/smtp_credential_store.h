// SMTP credentials of sender domains. The password is kept as its digest only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct SmtpCredential {
  int64_t id = 0;
  int64_t domain_id = 0;
  std::string username;         // unique in the gateway
  std::string password_digest;  // SHA-256, raw bytes
  UnixMillis created_at = 0;
  std::string description = {};  // what they are for, or empty
  bool is_test = false;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SmtpCredentialStore {
 public:
  explicit SmtpCredentialStore(Connection& connection) : connection_(connection) {}

  std::optional<SmtpCredential> Find(int64_t id);
  std::optional<SmtpCredential> FindByUsername(const std::string& username);
  std::vector<SmtpCredential> List(int64_t domain_id);  // by id
  int64_t Count(int64_t domain_id);
  void Insert(SmtpCredential& credential);  // gives credential.id
  bool SetPassword(int64_t id, const std::string& password_digest);
  bool Delete(int64_t id);

 private:
  Connection& connection_;
};

}  // namespace egd::store
