// Subscribers of a list: one by one, and many at once from CSV (contract section 8).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/store.h"
#include "daemon/store/subscriber_store.h"
#include "shared/base/clock.h"

namespace egd::service {

// What is not set stays; a custom field with an empty value goes.
struct SubscriberChange {
  std::optional<std::string> email_address;
  std::optional<core::SubscriptionStatus> status;
  std::map<std::string, std::string> custom_fields;
};

struct SubscriberImport {
  struct FailedLine {
    size_t line;
    std::string error;
  };
  int64_t lines = 0, imported = 0, updated = 0, duplicates = 0, failed = 0;
  std::vector<FailedLine> failed_lines;  // the first kMaxFailedLines
  static constexpr size_t kMaxFailedLines = 1000;
};

// A list of another user is kNotFound, a taken address kConflict, a bad one kInvalidArgument; a
// subscriber that is not in the list is no error but nothing. Owned by Daemon. Thread-safe; blocks
// on the store and also returns its kUnavailable and kInternal.
class Subscribers {
 public:
  Subscribers(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // With `update_if_there` a taken address takes the status and fields instead.
  Result<core::Subscriber> Create(int64_t user_id, core::Subscriber subscriber,
                                  bool update_if_there);
  Result<std::optional<core::Subscriber>> Get(int64_t user_id, int64_t list_id, int64_t id);
  Result<std::optional<core::Subscriber>> Update(int64_t user_id, int64_t list_id, int64_t id,
                                                 const SubscriberChange& change);
  // By id, or by address when id is 0.
  Result<std::optional<core::Subscriber>> Unsubscribe(int64_t user_id, int64_t list_id, int64_t id,
                                                      const std::string& email_address);
  Result<store::SubscriberPage> List(int64_t user_id, int64_t list_id,
                                     std::optional<core::SubscriptionStatus> status, int64_t offset,
                                     int64_t limit);
  // All of them, or (false) none.
  Result<bool> Delete(int64_t user_id, int64_t list_id, const std::vector<int64_t>& ids);
  // Reads `csv` in parts and commits in batches, so other writers are not held up: when it fails
  // half-way (the list is deleted meanwhile), what was committed stays. Large parts are added in
  // the order of their addresses.
  Result<SubscriberImport> Import(int64_t user_id, int64_t list_id, std::string_view csv,
                                  core::SubscriptionStatus status, bool update_if_there);

 private:
  Result<void> SavePart(int64_t user_id, int64_t list_id, std::span<core::Subscriber> part,
                        bool update_if_there, SubscriberImport& import);

  store::Store& store_;
  const Clock& clock_;
};

}  // namespace egd::service
