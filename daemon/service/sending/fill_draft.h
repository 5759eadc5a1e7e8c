// A draft filled in for one recipient (contract section 5; the language is core/personalisation.h):
// subject and bodies from the subscriber's fields, and of a send to a list the To. Pure.
#pragma once

#include <functional>
#include <string>

#include "daemon/core/audience.h"
#include "daemon/core/message.h"

namespace egd::service {

// What the fields of one copy are filled from. Subscriber:EmailAddress is the recipient's address,
// also without a subscriber; any other Subscriber field is a custom field, its name without case;
// Link:Unsubscribe is the recipient's own.
struct Fields {
  const core::Subscriber* subscriber = nullptr;  // null: nobody's
  const std::string& recipient;
  const std::function<std::string()> unsubscribe_url;
};

// Whether a body shows the recipient's own unsubscribe link.
bool HasUnsubscribeField(const core::Draft& draft);

// Returns whether the copy is this recipient's own.
bool FillDraft(core::Draft& draft, const Fields& fields);

}  // namespace egd::service
