// What a tenant may have only so many of ([limits]), so that nobody makes the gateway slow for
// others by owning very much.
#pragma once

namespace egd::core {

enum class Owned {
  // Of a domain:
  kWebhooks,
  kSenderKeys,
  kSmtpCredentials,
  // Of a user:
  kUserKeys,
  kLists,
  kTemplates,
  kJourneys,
};

}  // namespace egd::core
