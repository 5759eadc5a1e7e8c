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
  // "all" mail; "list:7", that of one list; "bulk", mail that offers an unsubscribe link.
  std::string scope = "all";
  bool erased = false;  // of an address that is forgotten: its address is empty here
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

  // False: it was there, and stays as it was, or its address is erased.
  bool Insert(const Suppression& suppression);
  // Stops all mail to the address, of which only a keyed hash is kept (Connection::address_hash), for
  // users with an ID above `after`, `most` of them. Returns the last one's ID; 0: there are no more.
  int64_t InsertErased(const std::string& address, UnixMillis at, int64_t after, size_t most);
  bool IsErased(int64_t user_id, const std::string& address);
  // Whether mail of `scope` may not go to `address` (any case). An empty scope is that of mail
  // which offers no unsubscribe link, and only "all" stops it; "bulk" stops lists' mail too.
  bool Stops(int64_t user_id, const std::string& address, const std::string& scope);
  // Addresses that match `pattern`, in which * stands for any text; of one source when it is not
  // empty.
  SuppressionPage List(int64_t user_id, const std::string& pattern, const std::string& source,
                       int64_t offset, int64_t limit);
  bool Delete(int64_t user_id, const std::string& address);      // any case; of every scope
  std::vector<SuppressionCount> CountBySource(int64_t user_id);  // largest first

 private:
  std::string KeyOf(const std::string& address);  // of an erased one; empty: none is

  Connection& connection_;
};

}  // namespace egd::store
