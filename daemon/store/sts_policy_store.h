// MTA-STS policies of recipients' domains, as they were last fetched.
#pragma once

#include <string>
#include <vector>

#include "daemon/mailauth/mta_sts.h"
#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct StsPolicyRow {
  std::string domain;
  std::string id;  // of the DNS record
  mailauth::StsPolicy policy;
  UnixMillis fetched_at = 0;
  UnixMillis expires_at = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class StsPolicyStore {
 public:
  explicit StsPolicyStore(Connection& connection) : connection_(connection) {}

  std::vector<StsPolicyRow> List();
  void Put(const StsPolicyRow& row);  // replaces the domain's
  void Delete(const std::string& domain);
  void Purge(UnixMillis expired_before);

 private:
  Connection& connection_;
};

}  // namespace egd::store
