#include "daemon/dkim/private_key.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "shared/base/encoding.h"

namespace egd::dkim {
namespace {

using core::DkimAlgorithm;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr int kRsaBits = 2048;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::optional<DkimAlgorithm> AlgorithmOf(EVP_PKEY* key) {
  if (!key) return std::nullopt;
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_ED25519) return DkimAlgorithm::kEd25519Sha256;
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= kRsaBits) return DkimAlgorithm::kRsaSha256;
  return std::nullopt;
}

// RSASSA-PKCS1-v1_5 (RFC 6376 section 3.3.1).
std::string SignRsa(EVP_PKEY* key, std::string_view digest) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  size_t size = size_t(EVP_PKEY_get_size(key));
  std::string signature(size, '\0');
  const bool done =
      context && EVP_PKEY_sign_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_sign(context.get(), Bytes(signature), &size, Bytes(digest), digest.size()) == 1;
  signature.resize(done ? size : 0);
  return signature;
}

// PureEdDSA over the digest (RFC 8463 section 3).
std::string SignEd25519(EVP_PKEY* key, std::string_view digest) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  size_t size = size_t(EVP_PKEY_get_size(key));
  std::string signature(size, '\0');
  const bool done =
      context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
      EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(digest), digest.size()) == 1;
  signature.resize(done ? size : 0);
  return signature;
}

EVP_PKEY* Generate(DkimAlgorithm algorithm) {
  switch (algorithm) {
    case DkimAlgorithm::kRsaSha256:
      return EVP_RSA_gen(kRsaBits);
    case DkimAlgorithm::kEd25519Sha256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

std::string Written(const Bio& bio, int outcome) {
  char* data = nullptr;
  const long size = outcome == 1 ? BIO_get_mem_data(bio.get(), &data) : 0;
  return std::string(data, size_t(size));
}

std::string PemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  return Written(
      bio, PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
}

std::string PublicBytes(EVP_PKEY* key) {
  if (AlgorithmOf(key) == DkimAlgorithm::kRsaSha256) {
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    return Written(bio, i2d_PUBKEY_bio(bio.get(), key));
  }
  size_t size = 32;
  std::string bytes(size, '\0');
  const bool done = EVP_PKEY_get_raw_public_key(key, Bytes(bytes), &size) == 1;
  return done ? bytes : std::string();
}

}  // namespace

void PrivateKey::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

PrivateKey::PrivateKey(Key key, core::DkimAlgorithm algorithm)
    : key_(std::move(key)), algorithm_(algorithm) {}

Result<PrivateKey> PrivateKey::Parse(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), int(pem.size())), BIO_free);
  // An empty pass phrase instead of OpenSSL's own callback, which would ask on the terminal.
  char no_pass_phrase[] = "";
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_pass_phrase));
  const auto algorithm = AlgorithmOf(key.get());
  if (!algorithm) return Internal("neither an RSA key of 2048 bits or more nor an ed25519 key");
  return PrivateKey(std::move(key), *algorithm);
}

std::string PrivateKey::Sign(std::string_view digest) const {
  switch (algorithm_) {
    case core::DkimAlgorithm::kRsaSha256:
      return SignRsa(key_.get(), digest);
    case core::DkimAlgorithm::kEd25519Sha256:
      return SignEd25519(key_.get(), digest);
  }
  return {};
}

KeyPair GenerateKey(core::DkimAlgorithm algorithm) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(Generate(algorithm), EVP_PKEY_free);
  KeyPair pair;
  if (key) pair = {PemOf(key.get()), Base64(PublicBytes(key.get()))};
  if (pair.private_key.empty() || pair.public_key.empty()) {
    throw std::runtime_error("OpenSSL cannot make a DKIM key");
  }
  return pair;
}

}  // namespace egd::dkim
