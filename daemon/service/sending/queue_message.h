// The rows that put a message into the queue, with the event each of its recipients begins with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/delivery.h"
#include "daemon/core/event.h"
#include "daemon/core/message.h"
#include "daemon/store/connection.h"
#include "daemon/store/message_store.h"

namespace egd::service {

// An `accepted` event for each of `recipients`, a `rejected` one for each of `refused`, which are
// left out because of `reason`. The message must be there.
void AppendFirstEvents(store::Transaction& transaction, const core::Message& message,
                       const std::vector<store::NewRecipient>& recipients,
                       const std::vector<std::string>& refused, const std::string& reason,
                       UnixMillis at);

// Whether the user's suppression list stops mail of `scope` ("" for mail that offers no unsubscribe
// link) to `address`. Of test mail it is the address alone that decides (core/test_recipient.h).
bool IsSuppressed(store::Connection& connection, bool is_test, int64_t user_id,
                  const std::string& address, const std::string& scope);

// Takes those whom the suppression list keeps from mail such as `message` out of `recipients`, and
// returns them.
std::vector<std::string> TakeSuppressed(store::Connection& connection, const core::Message& message,
                                        std::vector<store::NewRecipient>& recipients);

// Takes those who were suppressed since their message was accepted out of the queue and of `due`,
// with a `rejected` event each.
void RejectSuppressed(store::Transaction& transaction, std::vector<core::DueRecipient>& due,
                      UnixMillis now);

}  // namespace egd::service
