// The narrow interfaces of MTA-STS (RFC 8461) between the rooms: who delivers asks StsPolicies
// what a domain demands; who keeps the policies asks StsFetcher for their text.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/mailauth/mta_sts.h"
#include "shared/base/result.h"

namespace egd::mailauth {

class StsPolicies {
 public:
  virtual ~StsPolicies() = default;
  using Done = std::function<void(std::shared_ptr<const StsPolicy>)>;  // null: there is none
  // The policy of `domain` (lower case A-labels) that counts now. Thread-safe, does not block.
  // `done` runs once, on any thread, perhaps before this returns, within the time-outs of the
  // resolver and the fetcher; it must not block.
  virtual void Find(const std::string& domain, Done done) = 0;
};

class StsFetcher {
 public:
  virtual ~StsFetcher() = default;
  using Done = std::function<void(Result<std::string>)>;
  // The body of https://mta-sts.<domain>/.well-known/mta-sts.txt as section 3.3 wants it got, at
  // most kMaxStsPolicyBytes. Thread-safe, does not block. `done` runs once, on any thread, within a
  // minute; it must not block. The error's public text is a sentence for the log.
  virtual void Fetch(const std::string& domain, Done done) = 0;
};

}  // namespace egd::mailauth
