// Looks up the records that a sender domain has to publish, and draws the consequences (contract
// section 4).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <vector>

#include "daemon/core/domain.h"
#include "daemon/core/resolver.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

// One round: all look-ups in parallel, then one commit of every verdict and what follows for the
// domain (core::ApplyRound) and its DKIM keys (core::AdvanceDkimKeys): where a pending key's record
// is there, that key signs from this commit on. Of two domains with one name only the first stays
// Enabled; the other's first record says so. When the records were regenerated during the look-ups,
// the domain's status is left alone.
//
// Owned by Daemon. Thread-safe; blocks on the DNS, for no longer than the resolver's time-outs, and
// on the store, whose kUnavailable and kInternal it returns as well.
class VerifyDomain {
 public:
  // `rotation_grace`: [dkim] rotation_grace.
  VerifyDomain(store::Store& store, core::Resolver& resolver, const Clock& clock,
               std::chrono::seconds rotation_grace)
      : store_(store),
        resolver_(resolver),
        clock_(clock),
        grace_(std::chrono::milliseconds(rotation_grace).count()) {}

  // The domain as it is after the round. kNotFound: absent or another user's.
  Result<core::SenderDomain> Verify(int64_t user_id, int64_t domain_id);

  // Looks for the records of pending DKIM keys only, those of all these domains at once, so that
  // one whose DNS is dead delays no other; deletes keys whose grace is over. The domains' status
  // and failures stay: these looks are so frequent that broken DNS would demote within minutes.
  // Returns how many domains were advanced; the log says why others were not.
  size_t AdvanceKeys(const std::vector<int64_t>& domain_ids);

  // From now on rounds end with kUnavailable and change nothing: a resolver that shuts down answers
  // "temporary error" to everything.
  void Interrupt() { interrupted_ = true; }

 private:
  // Records that are asked for, each with its answer.
  struct Look {
    int64_t domain_id = 0;
    std::vector<core::DnsRecord> records;
    std::vector<std::future<core::DnsAnswer>> answers;
  };

  Look Ask(int64_t domain_id, std::vector<core::DnsRecord> records);
  std::vector<core::DnsRecord> Judge(Look look);
  Result<std::vector<core::DnsRecord>> PendingRecords(int64_t domain_id);
  Result<core::SenderDomain> Commit(const core::SenderDomain& judged);
  Result<void> CommitKeys(int64_t domain_id, const std::vector<core::DnsRecord>& judged);

  store::Store& store_;
  core::Resolver& resolver_;
  const Clock& clock_;
  const UnixMillis grace_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace egd::service
