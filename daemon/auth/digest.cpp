#include "daemon/auth/digest.h"

#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "shared/base/random.h"

namespace egd::auth {

std::string Sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string mac(32, '\0');
  if (HMAC(EVP_sha256(), key.data(), int(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(mac.data()), nullptr) == nullptr) {
    throw std::runtime_error("HMAC-SHA-256 is not available");
  }
  return mac;
}

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

struct RunningDigest::Context {
  EVP_MD_CTX* const md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

RunningDigest::RunningDigest() : context_(std::make_unique<Context>()) {
  if (EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
}

RunningDigest::~RunningDigest() = default;

void RunningDigest::Add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
}

std::string RunningDigest::Take() {
  std::string digest(32, '\0');
  auto* to = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_DigestFinal_ex(context_->md, to, nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return digest;
}

}  // namespace egd::auth
