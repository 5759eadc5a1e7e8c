// Idempotency keys: the first answer to each key of a domain, for a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct IdempotentReply {
  std::string body_digest;  // of the first request's body
  std::string reply;        // what it was answered
  UnixMillis created_at = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class IdempotencyStore {
 public:
  explicit IdempotencyStore(Connection& connection) : connection_(connection) {}

  // Keys made before `not_before` count as absent.
  std::optional<IdempotentReply> Find(int64_t domain_id, const std::string& key,
                                      UnixMillis not_before);
  // In the transaction that does the work: what an earlier request left (then do nothing and
  // compare digests), or nothing, and `fresh` is remembered now.
  std::optional<IdempotentReply> FindOrInsert(int64_t domain_id, const std::string& key,
                                              const IdempotentReply& fresh, UnixMillis not_before);
  int64_t Purge(UnixMillis created_before, size_t most);  // returns how many

 private:
  Connection& connection_;
};

}  // namespace egd::store
