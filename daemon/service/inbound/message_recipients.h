// Who a message was sent to, for those who hold a token for it: what a notification says about
// anybody else counts for nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/store/connection.h"

namespace egd::service {

// Bound to its connection: use within one job. Throws on database failure only.
class MessageRecipients {
 public:
  MessageRecipients(store::Connection& connection, const core::Message& message)
      : connection_(connection), message_(message) {}

  // By the ID it has or had in the queue; nothing when that is no longer known.
  std::optional<std::string> Find(int64_t recipient_id);
  // As it was sent, when it is one of the message's; any case.
  std::optional<std::string> Find(const std::string& address);
  // The recipient, when there is only one at that destination; empty: at any.
  std::optional<std::string> Only(const std::string& destination);

 private:
  const std::vector<std::string>& Known();

  store::Connection& connection_;
  const core::Message& message_;
  std::optional<std::vector<std::string>> known_;
};

}  // namespace egd::service
