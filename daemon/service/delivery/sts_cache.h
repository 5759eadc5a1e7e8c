// MTA-STS policies of the domains that mail goes to (RFC 8461 sections 3.3 and 5): discovered by
// the record at _mta-sts.<domain>, fetched, kept in memory and in the store until their max_age is
// over.
//
// A policy that is kept counts whatever happens to the record or the policy host, so that who
// suppresses both gains nothing. A record with another id has the policy fetched again, which the
// asker waits for; one older than a day, or than half of its max_age, is renewed while it counts.
// A fetch that fails is not repeated for five minutes for the same id (section 3.3); without a kept
// policy the domain has none until then. A max_age below five minutes counts as five, for the same
// reason.
//
// Bounded (StsCacheBounds): those fetched longest ago make room.
#pragma once

#include <memory>
#include <string>

#include "daemon/core/resolver.h"
#include "daemon/mailauth/sts_policies.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

struct StsCacheBounds {
  size_t policies = 10'000;
  size_t bytes = 16 * 1024 * 1024;  // of the names in them
};

// Thread-safe after Load. Owned by Daemon. What it refers to must outlive it and its answers, which
// come on the resolver's and the fetcher's threads.
class StsCache final : public mailauth::StsPolicies {
 public:
  static constexpr UnixMillis kRetryMillis = 300'000;  // after a failed fetch; the least life
  static constexpr UnixMillis kRenewMillis = kDayMillis;

  StsCache(store::Store& store, core::Resolver& resolver, mailauth::StsFetcher& fetcher,
           const Clock& clock, StsCacheBounds bounds = {});
  ~StsCache() override;

  Result<void> Load();  // what the store remembers, once and before anything is asked
  void Find(const std::string& domain, Done done) override;
  size_t size() const;

 private:
  struct Impl;
  const std::shared_ptr<Impl> impl_;  // shared with whoever will answer
};

}  // namespace egd::service
