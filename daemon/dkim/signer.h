// DKIM signatures (RFC 6376): relaxed/relaxed, rsa-sha256. The fields a forger would add or change
// are signed, and From, Subject, To, List-Unsubscribe and List-Unsubscribe-Post once more than they
// occur, so that another one of them breaks the signature (section 8.15). A signature depends on
// key, message and time alone: signing again repeats it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "shared/base/clock.h"
#include "shared/base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace egd::dkim {

// A domain's key, parsed once. Immutable: thread-safe, made to be shared.
class Signer {
 public:
  // `private_key` is an RSA key of at least 2048 bits (RFC 8301 section 3.2) as PEM; otherwise
  // kInternal, and the error does not quote it.
  static Result<std::shared_ptr<const Signer>> Make(std::string domain, std::string selector,
                                                    std::string_view private_key);

  // The field that goes before `message` (CR LF line endings): "DKIM-Signature: … CR LF". About 0.3
  // ms. kInternal when OpenSSL fails or there is no From field.
  Result<std::string> Sign(std::string_view message, UnixMillis at) const;

 private:
  struct FreeKey {
    void operator()(evp_pkey_st* key) const;
  };
  using Key = std::unique_ptr<evp_pkey_st, FreeKey>;

  Signer(std::string domain, std::string selector, Key key);

  std::string domain_, selector_;
  Key key_;
};

struct KeyPair {
  std::string private_key;  // PKCS #8 as PEM: seal it
  std::string public_key;   // base64 of the SubjectPublicKeyInfo: the p= tag of the TXT record
                            // (section 3.6.1)
};

// A new RSA key of 2048 bits: as long as a signature may need to be, and as a DNS record bears.
// About 0.1 s of CPU; std::runtime_error when OpenSSL fails.
KeyPair GenerateRsaKey();

}  // namespace egd::dkim
