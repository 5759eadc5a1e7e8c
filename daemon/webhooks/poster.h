// From a signed post to its reply: the URL read, the host's addresses found and checked, the
// request made.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "daemon/core/resolver.h"
#include "daemon/core/webhook_delivery.h"
#include "daemon/webhooks/address_book.h"
#include "daemon/webhooks/inbox.h"
#include "daemon/webhooks/transport.h"

namespace egd::webhooks {

// On the sender's thread.
class Poster {
 public:
  Poster(core::Resolver& resolver, core::AddressGuard guard, const Clock& clock,
         std::shared_ptr<Inbox> inbox, Transport& transport)
      : guard_(std::move(guard)),
        addresses_(resolver, guard_, clock, std::move(inbox)),
        transport_(transport) {}

  // `done` runs once, now or later; what kept the request from being made is the reply's error.
  void Post(core::WebhookPost post, Transport::Done done);

 private:
  const core::AddressGuard guard_;
  AddressBook addresses_;
  Transport& transport_;
};

}  // namespace egd::webhooks
