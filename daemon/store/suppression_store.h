// Addresses a user must not be sent to again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct Suppression {
  int64_t user_id = 0;
  std::string address;  // any case; kept in lower case
  std::string source;   // "bounce", "complaint", "unsubscribe", "manual", …
  std::string reason;
  UnixMillis at = 0;
};

struct SuppressionPage {
  std::vector<Suppression> suppressions;  // by address
  int64_t total = 0;                      // of all pages
};

struct SuppressionCount {
  std::string source;
  int64_t count = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SuppressionStore {
 public:
  explicit SuppressionStore(Connection& connection) : connection_(connection) {}

  bool Insert(const Suppression& suppression);  // false: it was there, and stays as it was
  // Those of `addresses` (any case) which are suppressed, in their order and spelling.
  std::vector<std::string> Find(int64_t user_id, const std::vector<std::string>& addresses);
  // Addresses that match `pattern`, in which * stands for any text; of one source when it is not
  // empty.
  SuppressionPage List(int64_t user_id, const std::string& pattern, const std::string& source,
                       int64_t offset, int64_t limit);
  bool Delete(int64_t user_id, const std::string& address);      // any case
  std::vector<SuppressionCount> CountBySource(int64_t user_id);  // largest first

 private:
  Connection& connection_;
};

}  // namespace egd::store
