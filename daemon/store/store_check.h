// Whether a data directory holds what the store promises: behind `egd --check` and a restore.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/result.h"

namespace egd::store {

struct StoreCheck {
  int64_t messages = 0, queued = 0, events = 0;  // how many it looked at
  std::vector<std::string> violations;           // sentences for the operator
};

// Reads one snapshot, also while egd runs on it; changes nothing. Takes as long as reading it all
// and sorting the events. kNotFound without a database; kUnavailable when it cannot be read;
// kUnprocessable when its schema is another than this egd's.
Result<StoreCheck> CheckStore(const std::string& data_dir);

// The same for the database at `path` with its segments in that directory.
Result<StoreCheck> CheckDatabase(const std::string& path, const std::string& segments);

}  // namespace egd::store
