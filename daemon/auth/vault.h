// What must be shown or used again is encrypted at rest under one master key; everything else is
// kept as a digest.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace egd::auth {

// Seals secrets with AES-256-GCM (NIST SP 800-38D). Sealed form, bytes: version 1 (1), random nonce
// (12), ciphertext, tag (16). The version and `context` (such as "sender-key:7") are authenticated
// with it: a sealed text copied to another row does not open there. Random nonces under one key are
// safe to 2^32 seals. Owned by Daemon; immutable: thread-safe.
class Vault {
 public:
  static constexpr size_t kKeyBytes = 32;

  // `key` is 32 random bytes; std::invalid_argument for any other length. Tests make their own.
  explicit Vault(std::string key);
  Vault(Vault&&) noexcept = default;
  Vault& operator=(Vault&&) = delete;
  ~Vault();

  // The vault of `<data_dir>/master.key`, which is made on first start. The error's public_text
  // says in plain words what is wrong with the file: its mode, owner or length.
  static Result<Vault> LoadOrMake(const std::string& data_dir);

  std::string Seal(std::string_view plain, std::string_view context) const;
  // kInternal when `sealed` was damaged, sealed under another master key, or for another context.
  Result<std::string> Open(std::string_view sealed, std::string_view context) const;
  // A key of 32 bytes for one purpose ("unsubscribe"): always the same, of no use for any other.
  std::string Derive(std::string_view purpose) const;

 private:
  std::string key_;
};

}  // namespace egd::auth
