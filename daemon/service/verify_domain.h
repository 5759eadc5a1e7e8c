// Looks up the records that a sender domain has to publish, and draws the consequences (contract
// section 4).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
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

  // Looks for the records of pending DKIM keys only, and deletes keys whose grace is over; the
  // domain's status and failures stay, since nobody waits long for a rotation in which they are
  // broken. What DomainCheck does for keys that are due. kNotFound: absent.
  Result<void> AdvanceKeys(int64_t domain_id);

  // From now on rounds end with kUnavailable and change nothing: a resolver that shuts down answers
  // "temporary error" to everything.
  void Interrupt() { interrupted_ = true; }

 private:
  void Judge(std::vector<core::DnsRecord>& records);
  Result<core::SenderDomain> Commit(const core::SenderDomain& judged);
  Result<void> CommitKeys(int64_t domain_id, const std::vector<core::DnsRecord>& judged);

  store::Store& store_;
  core::Resolver& resolver_;
  const Clock& clock_;
  const UnixMillis grace_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace egd::service
