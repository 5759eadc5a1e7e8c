// A user's suppression list: addresses that are never sent to (contract section 8). Bounces and
// complaints add to it elsewhere; here operators read and mend it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/store/suppression_store.h"
#include "shared/base/clock.h"

namespace egd::service {

struct SuppressionImport {
  struct FailedLine {
    size_t line;  // from 1: of the text, or the list's entry
    std::string error;
  };
  int64_t total = 0, imported = 0, duplicates = 0, failed = 0;
  std::vector<FailedLine> failed_lines;  // the first kMaxFailedLines
  static constexpr size_t kMaxFailedLines = 1000;
};

// Owned by Daemon. Thread-safe; blocks on the store and returns its kUnavailable and kInternal.
class Suppressions {
 public:
  Suppressions(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<store::SuppressionPage> List(int64_t user_id, const std::string& pattern,
                                      const std::string& source, int64_t offset, int64_t limit);
  // One address an entry; blank entries are passed over, wrong ones reported. Commits in batches,
  // so other writers are not held up.
  Result<SuppressionImport> Import(int64_t user_id, const std::vector<std::string_view>& addresses,
                                   const std::string& source, const std::string& reason);
  // Returns how many were there; all in one commit.
  Result<int64_t> Delete(int64_t user_id, const std::vector<std::string_view>& addresses);
  Result<std::vector<store::SuppressionCount>> CountBySource(int64_t user_id);

 private:
  store::Store& store_;
  const Clock& clock_;
};

}  // namespace egd::service
