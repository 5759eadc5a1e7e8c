#include "daemon/auth/digest.h"

#include <openssl/crypto.h>

#include "shared/base/random.h"

namespace egd::auth {

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string NewKey(std::string_view prefix) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr size_t kLength = 43;                  // 43 · log2(62) = 256.03 bits
  constexpr unsigned kUnbiased = 256 - 256 % 62;  // bytes from here on would favour some letters
  std::string key(prefix);
  while (key.size() < prefix.size() + kLength) {
    for (const char c : RandomBytes(prefix.size() + kLength - key.size())) {
      if (uint8_t(c) < kUnbiased) key += kAlphabet[uint8_t(c) % kAlphabet.size()];
    }
  }
  return key;
}

}  // namespace egd::auth
