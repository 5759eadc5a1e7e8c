// Makes a data directory of a backup (backup.h).
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/result.h"

namespace egd::service {

struct Restored {
  int64_t created_at = 0;  // of the backup, Unix seconds
  std::string version;     // of the egd that made it
  int64_t messages = 0, queued = 0, events = 0;
};

// `file`: "-" is standard input. `data_dir` is created, or empty. What was restored is on the disk
// and has been checked (store/store_check.h); after a failure nothing of it is left. The error's
// public_text is a sentence for the operator: kConflict when the directory is in use,
// kInvalidArgument when the file is not a whole backup, kUnavailable otherwise.
Result<Restored> Restore(const std::string& file, const std::string& data_dir);

}  // namespace egd::service
