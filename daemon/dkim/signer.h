// DKIM signatures (RFC 6376): relaxed/relaxed, rsa-sha256 and ed25519-sha256 (RFC 8463), one field
// for each of a domain's active keys. Which fields are signed, and which of them against additions
// (section 8.15: named once more than they occur, so that another one breaks the signature), says
// core/header_field_rules.h. A signature depends on key, message and time alone: signing again
// repeats it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/dkim/private_key.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::dkim {

struct SelectedKey {
  std::string selector;
  PrivateKey key;
};

// What a domain signs with. Immutable: thread-safe, made to be shared.
class Signer {
 public:
  Signer(std::string domain, std::vector<SelectedKey> keys);

  // The fields that go before `message` (CR LF line endings): "DKIM-Signature: … CR LF", in the
  // order of the keys. The message is read once for all of them. kInternal when OpenSSL fails,
  // there is no key or no From field.
  Result<std::string> Sign(std::string_view message, UnixMillis at) const;

 private:
  std::string domain_;
  std::vector<SelectedKey> keys_;
};

}  // namespace egd::dkim
