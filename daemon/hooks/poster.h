// From a signed post to its reply: the URL read, the host's addresses found and checked, the
// request made.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "daemon/core/resolver.h"
#include "daemon/core/webhook_delivery.h"
#include "daemon/http_client/address_book.h"
#include "daemon/http_client/inbox.h"
#include "daemon/http_client/transport.h"

namespace egd::hooks {

// On the sender's thread.
class Poster {
 public:
  Poster(core::Resolver& resolver, core::AddressGuard guard, const Clock& clock,
         std::shared_ptr<http_client::Inbox> inbox, http_client::Transport& transport)
      : guard_(std::move(guard)),
        addresses_(resolver, guard_, clock, std::move(inbox)),
        transport_(transport) {}

  // `done` runs once, now or later; what kept the request from being made is the reply's error.
  void Post(core::WebhookPost post, http_client::Transport::Done done);

 private:
  const core::AddressGuard guard_;
  http_client::AddressBook addresses_;
  http_client::Transport& transport_;
};

}  // namespace egd::hooks
