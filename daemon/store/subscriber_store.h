// Subscribers of lists. An address is in a list once, whatever its case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/connection.h"

namespace egd::store {

struct SubscriberPage {
  std::vector<core::Subscriber> subscribers;  // by id
  int64_t total = 0;                          // of all pages
};

// Methods throw on database failure only. Bound to its connection: use within one job. The caller
// has checked whose list it is.
class SubscriberStore {
 public:
  explicit SubscriberStore(Connection& connection) : connection_(connection) {}

  std::optional<core::Subscriber> Find(int64_t list_id, int64_t id);
  std::optional<core::Subscriber> FindByAddress(int64_t list_id, const std::string& email_address);
  // Every user's; for a recipient that names its subscriber.
  std::optional<core::Subscriber> FindAnywhere(int64_t id);
  // `status` narrows when set.
  SubscriberPage List(int64_t list_id, std::optional<core::SubscriptionStatus> status,
                      int64_t offset, int64_t limit);
  // Subscribed ones with an id above `after_id`, by id, at most `most`: how a large list is walked.
  std::vector<core::Subscriber> NextSubscribed(int64_t list_id, int64_t after_id, size_t most);

  bool Insert(core::Subscriber& subscriber);  // gives its id; false: it already exists
  bool Update(
      const core::Subscriber& subscriber);  // address, status, fields; false: none, or taken
  bool Delete(int64_t list_id, int64_t id);

 private:
  Connection& connection_;
};

}  // namespace egd::store
