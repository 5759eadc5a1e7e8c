// Which addresses are being erased, and what became of those that were: when and how much, without
// the address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct ErasedCount {
  std::string kind;  // SubjectTable::kind
  int64_t entries = 0;
};

struct Erasure {
  int64_t id = 0;
  UnixMillis begun_at = 0, finished_at = 0;  // 0: not yet
  std::string address, alias;                // empty once finished
  std::vector<ErasedCount> counts;           // by kind
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class ErasureStore {
 public:
  explicit ErasureStore(Connection& connection) : connection_(connection) {}

  // Begins, unless one of this address is under way. Returns its ID.
  int64_t Begin(const std::string& address, const std::string& alias, UnixMillis now);
  void Count(int64_t id, std::string_view kind, int64_t entries);
  void Finish(int64_t id, UnixMillis now);  // forgets the address
  std::optional<Erasure> Find(int64_t id);
  std::vector<Erasure> ListUnfinished();
  std::vector<Erasure> List(int64_t offset, int64_t limit);  // newest first
  int64_t CountAll();

 private:
  void AddCounts(std::vector<Erasure>& erasures);

  Connection& connection_;
};

}  // namespace egd::store
