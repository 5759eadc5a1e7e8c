#include "shared/base/sha256.h"

#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace egd {
namespace {

void Check(bool done) {
  if (!done) throw std::runtime_error("SHA-256 is not available");
}

const unsigned char* Octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Octets(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  RunningSha256 digest;
  digest.Add(bytes);
  return digest.Take();
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string mac(32, '\0');
  Check(HMAC(EVP_sha256(), key.data(), int(key.size()), Octets(text), text.size(), Octets(mac),
             nullptr) != nullptr);
  return mac;
}

struct RunningSha256::Context {
  EVP_MD_CTX* const md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

RunningSha256::RunningSha256() : context_(std::make_unique<Context>()) {
  Check(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1);
}

RunningSha256::~RunningSha256() = default;

void RunningSha256::Add(std::string_view bytes) {
  Check(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) == 1);
}

std::string RunningSha256::Take() {
  std::string digest(32, '\0');
  Check(EVP_DigestFinal_ex(context_->md, Octets(digest), nullptr) == 1);
  return digest;
}

}  // namespace egd
