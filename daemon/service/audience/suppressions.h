// A user's suppression list: addresses that are never sent to (contract section 8). Bounces and
// complaints add to it elsewhere; here operators read and mend it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
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

// The next address to read, at each call; nothing at the end. So millions of lines need not be in a
// list first.
using AddressSource = std::function<std::optional<std::string_view>()>;
AddressSource AddressesOf(const std::vector<std::string_view>& addresses);  // which must live on

// Owned by Daemon. Thread-safe; blocks on the store and returns its kUnavailable and kInternal.
class Suppressions {
 public:
  Suppressions(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<store::SuppressionPage> List(int64_t user_id, const std::string& pattern,
                                      const std::string& source, int64_t offset, int64_t limit);
  // One address an entry; blank entries are passed over, wrong ones reported. Commits in batches,
  // so other writers are not held up.
  Result<SuppressionImport> Import(int64_t user_id, const AddressSource& next,
                                   const std::string& source, const std::string& reason);
  Result<SuppressionImport> Import(int64_t user_id, const std::vector<std::string_view>& addresses,
                                   const std::string& source, const std::string& reason) {
    return Import(user_id, AddressesOf(addresses), source, reason);
  }
  // Returns how many were there; in batches too.
  Result<int64_t> Delete(int64_t user_id, const AddressSource& next);
  Result<int64_t> Delete(int64_t user_id, const std::vector<std::string_view>& addresses) {
    return Delete(user_id, AddressesOf(addresses));
  }
  Result<std::vector<store::SuppressionCount>> CountBySource(int64_t user_id);

 private:
  store::Store& store_;
  const Clock& clock_;
};

}  // namespace egd::service
