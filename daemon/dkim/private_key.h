// The keys that signatures are made with: RSA of at least 2048 bits (RFC 6376, RFC 8301
// section 3.2) and ed25519 (RFC 8463).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/core/dkim_key.h"
#include "shared/base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace egd::dkim {

// A key, parsed once. Immutable: thread-safe.
class PrivateKey {
 public:
  // kInternal: `pem` is neither of the two; the error does not quote it.
  static Result<PrivateKey> Parse(std::string_view pem);

  core::DkimAlgorithm algorithm() const { return algorithm_; }
  // The signature of a SHA-256 digest, always the same; empty when OpenSSL fails. RSA takes 0.3 ms,
  // ed25519 0.06 ms.
  std::string Sign(std::string_view digest) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Key = std::unique_ptr<evp_pkey_st, Free>;

  PrivateKey(Key key, core::DkimAlgorithm algorithm);

  Key key_;
  core::DkimAlgorithm algorithm_;
};

struct KeyPair {
  std::string private_key;  // PKCS #8 as PEM: seal it
  std::string public_key;   // base64, the p= tag of the TXT record: of the SubjectPublicKeyInfo for
                            // RSA (RFC 6376 section 3.6.1), of the 32 bytes of the key for ed25519
                            // (RFC 8463 section 4.2)
};

// A new key; RSA has 2048 bits: as long as a signature may need to be, and as a DNS record bears.
// About 0.1 s of CPU for RSA, next to nothing for ed25519; std::runtime_error when OpenSSL fails.
KeyPair GenerateKey(core::DkimAlgorithm algorithm);
// That, or what takes a key from where some are ready. Thread-safe.
using MakeKey = std::function<KeyPair(core::DkimAlgorithm)>;

}  // namespace egd::dkim
