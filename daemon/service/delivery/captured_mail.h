// What test keys sent, for its user: the message as it would have gone out, for 7 days.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/store/captured_store.h"
#include "daemon/store/store.h"
#include "shared/base/result.h"

namespace egd::service {

struct CapturedContent {
  store::CapturedMessage message;
  std::string content;  // RFC 5322, signed
};

// A domain or message of another user is kNotFound, as one that is not there. Owned by Daemon.
// Thread-safe; blocks on the store and also returns its kUnavailable and kInternal.
class CapturedMail {
 public:
  explicit CapturedMail(store::Store& store) : store_(store) {}

  // Newest first; of one message when `message_id` is given.
  Result<store::CapturedPage> List(int64_t user_id, int64_t domain_id,
                                   const std::optional<Uuid>& message_id, int64_t start,
                                   int64_t count);
  Result<CapturedContent> Find(int64_t user_id, int64_t domain_id, int64_t id);

 private:
  store::Store& store_;
};

}  // namespace egd::service
