#include "daemon/auth/vault.h"

#include <memory>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "daemon/auth/digest.h"
#include "daemon/auth/secret_file.h"
#include "shared/base/random.h"

namespace egd::auth {
namespace {

constexpr char kVersion = 1;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kHeaderBytes = 1 + kNonceBytes;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void Check(bool ok) {
  if (!ok) throw std::runtime_error("AES-256-GCM is not available");
}

// The same call for both directions; feeds version and context as associated data (their lengths
// never collide: the version is one byte).
Cipher Begin(const std::string& key, std::string_view nonce, std::string_view context, bool seal) {
  Cipher cipher(EVP_CIPHER_CTX_new());
  int ignored = 0;
  Check(cipher && EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key),
                                    Bytes(nonce), seal ? 1 : 0) == 1);
  const std::string bound = kVersion + std::string(context);
  Check(EVP_CipherUpdate(cipher.get(), nullptr, &ignored, Bytes(bound), int(bound.size())) == 1);
  return cipher;
}

}  // namespace

Vault::Vault(std::string key) : key_(std::move(key)) {
  if (key_.size() != kKeyBytes) throw std::invalid_argument("a master key has 32 bytes");
}

Vault::~Vault() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

Result<Vault> Vault::LoadOrMake(const std::string& data_dir) {
  const std::string path = data_dir + "/master.key";
  Result<std::string> key = ReadOrMakeSecretFile(path, [] { return RandomBytes(kKeyBytes); });
  if (!key) return key.error();
  if (key->size() != kKeyBytes) {
    return UnusableSecret(path + " has " + std::to_string(key->size()) +
                          " bytes instead of 32; restore it from a backup");
  }
  return Vault(std::move(*key));
}

std::string Vault::Seal(std::string_view plain, std::string_view context) const {
  const std::string nonce = RandomBytes(kNonceBytes);
  const Cipher cipher = Begin(key_, nonce, context, true);
  std::string sealed = kVersion + nonce;
  sealed.resize(kHeaderBytes + plain.size() + kTagBytes);
  unsigned char* body = Bytes(sealed) + kHeaderBytes;
  int length = 0;
  Check(EVP_EncryptUpdate(cipher.get(), body, &length, Bytes(plain), int(plain.size())) == 1);
  Check(EVP_EncryptFinal_ex(cipher.get(), body + length, &length) == 1);
  Check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + plain.size()) ==
        1);
  return sealed;
}

Result<std::string> Vault::Open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < kHeaderBytes + kTagBytes || sealed[0] != kVersion) {
    return Internal("a sealed secret is damaged (" + std::string(context) + ")");
  }
  const Cipher cipher = Begin(key_, sealed.substr(1, kNonceBytes), context, false);
  const std::string_view body =
      sealed.substr(kHeaderBytes, sealed.size() - kHeaderBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(body.size(), '\0');
  int length = 0;
  Check(EVP_DecryptUpdate(cipher.get(), Bytes(plain), &length, Bytes(body), int(body.size())) == 1);
  Check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + length, &length) != 1) {
    return Internal("a sealed secret does not open (" + std::string(context) +
                    "): it was damaged, or master.key is not the one it was sealed under");
  }
  return plain;
}

std::string Vault::Derive(std::string_view purpose) const {
  return HmacSha256(key_, "derive:" + std::string(purpose));
}

}  // namespace egd::auth
