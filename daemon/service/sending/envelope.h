// From a message's mailboxes to its envelope, and to what events show of them. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/store/message_store.h"

namespace egd::service {

std::string_view HostOf(std::string_view address);

std::string Shown(const core::Mailbox& mailbox);  // "Jane <jane@example.com>"
// Bounded: enough to recognise a long list.
std::string Shown(const std::vector<core::Mailbox>& mailboxes);

// One for each distinct address, in their order. Addresses are in the house's form: domains in
// lower case; local parts keep their case, whose meaning is their host's business (RFC 5321
// section 2.4).
std::vector<store::NewRecipient> EnvelopeRecipients(const std::vector<std::string>& addresses);
std::vector<std::string> AddressesOf(const core::Draft& draft);  // of To, CC and BCC

}  // namespace egd::service
