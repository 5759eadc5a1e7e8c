// Which domains a mail server beside this gateway takes inbound mail for: the Enabled sender
// domains of all users, and their return-path hosts, where bounces go. Of two users' domains of one
// name only one can be Enabled (contract section 4), so each is there once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/domain_store.h"
#include "daemon/store/store.h"

namespace egd::service {

// Callers have checked that the admin asks. Owned by Daemon. Thread-safe; blocks on the store and
// also returns its kUnavailable and kInternal.
class RelayDomains {
 public:
  explicit RelayDomains(store::Store& store) : store_(store) {}

  Result<std::vector<store::SendingHosts>> List();  // by name
  // The domain of `domain_or_address`, lower case with A-labels, when mail for it is taken.
  Result<std::optional<std::string>> Find(std::string_view domain_or_address);

 private:
  store::Store& store_;
};

}  // namespace egd::service
