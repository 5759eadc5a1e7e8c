// What was deleted for everybody to see, while its rows are still there: they may be millions, and
// no write may be large. Whoever deletes marks it here in the same job; upkeep sweeps (deletes its
// rows, batch by batch), also after a restart.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/store/connection.h"

namespace egd::store {

// Stored as numbers: never renumber.
enum class SweepKind {
  kClearedQueue = 1,  // by its number; each recipient gets a `rejected` event
  kDroppedQueue = 2,  // by its number; its domain is gone
  kList = 3,
  kUser = 4,
  kCaptured = 5,  // by its domain, which is gone
};

struct Sweep {
  SweepKind kind = SweepKind::kList;
  int64_t id = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SweepStore {
 public:
  explicit SweepStore(Connection& connection) : connection_(connection) {}

  void Add(const Sweep& sweep);
  std::optional<Sweep> Next();
  void Finish(const Sweep& sweep);  // nothing of it is left

 private:
  Connection& connection_;
};

}  // namespace egd::store
