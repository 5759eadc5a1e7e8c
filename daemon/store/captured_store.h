// Messages that test keys sent, as they would have gone out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::store {

struct CapturedMessage {
  int64_t id = 0;
  UnixMillis at = 0;
  int64_t domain_id = 0;
  Uuid message_id;
  std::string recipient, return_path;  // of the envelope
  int64_t size = 0;                    // octets of the content
  std::string from, to, subject;       // as events show them; empty once the message was purged
};

struct CapturedPage {
  std::vector<CapturedMessage> messages;  // newest first
  int64_t total = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class CapturedStore {
 public:
  // Of a domain; its oldest ones go first.
  static constexpr int64_t kMostMessages = 10'000;
  static constexpr int64_t kMostBytes = 256 * 1024 * 1024;

  // Deleted in one job, at least one message: some 10 ms.
  static constexpr int64_t kBytesAtOnce = 16 * 1024 * 1024;

  explicit CapturedStore(Connection& connection) : connection_(connection) {}

  void Insert(const CapturedMessage& message, const std::string& content);
  // Of one message when `message_id` is given.
  CapturedPage List(int64_t domain_id, const std::optional<Uuid>& message_id, int64_t offset,
                    int64_t limit);
  bool Has(int64_t domain_id);  // anything
  std::optional<CapturedMessage> Find(int64_t domain_id, int64_t id);
  std::optional<std::string> FindContent(int64_t id);
  // Both return how many were deleted; 0: none is left.
  size_t Purge(UnixMillis before, size_t most);
  size_t DeletePart(int64_t domain_id, size_t most);  // of a deleted domain

 private:
  Connection& connection_;
};

}  // namespace egd::store
